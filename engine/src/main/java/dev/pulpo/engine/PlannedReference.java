package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.ffm.RemoteAddress;

/**
 * A place in the patch that receives the address of a variable of the target, after loading and before any function of the
 * patch runs.
 */
public sealed interface PlannedReference {
    /** The variable's name. */
    String variable();

    /** The place's link address in the patch. */
    LinkAddress place();

    /**
     * An ordinary variable: its place receives its address, eight bytes.
     *
     * @param address of the variable in the process
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
     * @param targetBias from link to remote addresses, of the object with the variable
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
     * @param targetBias from link to remote addresses, of the object with the variable
     * @param offset     of the variable in that object's thread-local storage; below {@link #OFFSETS}
     */
    record TlsDescriptor(String variable, LinkAddress place, long targetBias, long offset)
            implements
                PlannedReference {
        /** Limit of offsets in the stub's descriptors. */
        public static final long OFFSETS = 1L << 40;

        @Override
        public String toString() {
            return "thread-local " + variable + " +" + offset + " for the patch's descriptor " + place;
        }
    }
}
