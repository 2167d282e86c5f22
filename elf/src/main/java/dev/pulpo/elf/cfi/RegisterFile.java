package dev.pulpo.elf.cfi;

import dev.pulpo.elf.expression.DwarfRegisters;

/** The registers of one frame, and which of them are known. Mutable, reused from frame to frame. */
final class RegisterFile {
    final long[] values = new long[DwarfRegisters.COUNT];
    /** A bit for each register whose value is known. */
    int known;

    boolean knows(int register) {
        return register >= 0 && register < DwarfRegisters.COUNT && ((known >>> register) & 1) != 0;
    }

    void set(int register, long value) {
        values[register] = value;
        known |= 1 << register;
    }

    void copyFrom(RegisterFile other) {
        System.arraycopy(other.values, 0, values, 0, values.length);
        known = other.known;
    }
}
