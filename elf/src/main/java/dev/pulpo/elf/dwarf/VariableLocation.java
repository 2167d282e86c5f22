package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;

/** The place of a variable that exists for longer than a call. */
public sealed interface VariableLocation {
    /** At an address, the same for all threads. */
    record Static(LinkAddress address) implements VariableLocation {}

    /**
     * In thread-local memory.
     *
     * @param offset from the beginning of the object's thread-local block, in bytes
     */
    record PerThread(long offset) implements VariableLocation {}
}
