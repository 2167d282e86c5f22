package dev.pulpo.engine.container;

/**
 * A place in the patch that receives the address of a variable of the target.
 *
 * <p>For an ordinary variable the eight bytes at {@code patchOffset} become its address. For a thread-local one the sixteen
 * bytes there become a {@code tls_index}, which is what {@code __tls_get_addr} takes: the module id that the loader gave to
 * the target, and {@code targetOffset}.
 *
 * @param variable     name in the target; for people, where the offset is given
 * @param reference    name of the place in the container
 * @param targetOffset link address of the variable in the target, or its offset in the target's TLS segment
 * @param patchOffset  link address of the place in the container
 * @param threadLocal  whether the variable is thread-local
 */
public record DataReference(String variable, String reference, long targetOffset, long patchOffset,
        boolean threadLocal) {
    /** How many bytes of the patch change. */
    public int size() {
        return threadLocal ? 16 : 8;
    }
}
