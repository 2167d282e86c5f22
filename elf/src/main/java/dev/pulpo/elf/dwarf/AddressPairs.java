package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;

/** The lists of pairs of addresses of DWARF 2 to 4, {@code .debug_ranges} and {@code .debug_loc} (DWARF 4, 2.17.3 and 2.6.2). */
final class AddressPairs {
    private AddressPairs() {}

    /** Gets the pairs, in link addresses. */
    @FunctionalInterface
    interface Sink {
        void add(long start, long end);
    }

    /** Reads a list to its end. The sink reads from the cursor what follows a pair. */
    static void read(Unit unit, Work work, ByteCursor cursor, Sink sink) {
        int size = unit.header().addressSize();
        long largest = size == 8 ? -1 : 0xffff_ffffL;
        long base = unit.lowPc();
        while (true) {
            work.spend(1);
            long start = cursor.unsigned(size);
            long end = cursor.unsigned(size);
            if (start == largest) {
                base = end;
            } else if (start == 0 && end == 0) {
                return;
            } else {
                sink.add(base + start, base + end);
            }
        }
    }
}
