package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.ffm.RemoteAddress;

/**
 * A place in the patch that receives the address of a variable of the target, once the patch is loaded and before any of
 * its functions can run.
 */
public sealed interface PlannedReference {
    /** The variable's name. */
    String variable();

    /** Where in the patch its address goes. */
    LinkAddress place();

    /**
     * An ordinary variable.
     *
     * @param address of the variable in the process; eight bytes
     */
    record Variable(String variable, LinkAddress place, RemoteAddress address) implements PlannedReference {
        @Override
        public String toString() {
            return variable + " at " + address + " for the patch's " + place;
        }
    }

    /**
     * A thread-local variable: its place receives a {@code tls_index}, 16 bytes.
     *
     * @param targetBias what was added to the link addresses of the object whose variable it is
     * @param offset     of the variable in that object's thread-local storage
     */
    record TlsVariable(String variable, LinkAddress place, long targetBias, long offset) implements PlannedReference {
        @Override
        public String toString() {
            return "thread-local " + variable + " +" + offset + " for the patch's " + place;
        }
    }

    /**
     * A thread-local variable that the patch reaches through a TLS descriptor: its place receives one, 16 bytes.
     *
     * @param targetBias what was added to the link addresses of the object whose variable it is
     * @param offset     of the variable in that object's thread-local storage; below {@link #OFFSETS}
     */
    record TlsDescriptor(String variable, LinkAddress place, long targetBias, long offset)
            implements
                PlannedReference {
        /** The stub's descriptors have room for so many. */
        public static final long OFFSETS = 1L << 40;

        @Override
        public String toString() {
            return "thread-local " + variable + " +" + offset + " for the patch's descriptor " + place;
        }
    }
}
