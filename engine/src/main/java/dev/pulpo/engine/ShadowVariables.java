package dev.pulpo.engine;

/**
 * Shadow variables of a process: values that patches keep beside its objects, see {@code pulpo.h}.
 *
 * @param id    by which patches find them; unsigned
 * @param count how many there are
 * @param bytes of their values together
 */
public record ShadowVariables(long id, long count, long bytes) {
    @Override
    public String toString() {
        return "shadow variables of id " + Long.toUnsignedString(id) + ": " + Long.toUnsignedString(count) + ", "
                + Long.toUnsignedString(bytes) + " bytes";
    }
}
