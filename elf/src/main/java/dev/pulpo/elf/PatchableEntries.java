package dev.pulpo.elf;

import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The addresses in {@code __patchable_function_entries}: for each function that was compiled with
 * {@code -fpatchable-function-entry}, the first of its nops.
 */
final class PatchableEntries {
    private static final String SECTION = ElfFile.PATCHABLE_ENTRIES;

    /** A section and its stored values, some of which relocations replace. */
    private static final class Stored {
        private final ByteCursor cursor;
        private final long[] values;

        private Stored(ByteCursor cursor, long[] values) {
            this.cursor = cursor;
            this.values = values;
        }

        static Stored of(ElfFile file, Section section) {
            ByteTable table = file.view().entries(section, Long.BYTES, file.limits().functions(), "prepared functions");
            long[] values = new long[(int) (table.size() / Long.BYTES)];
            for (int i = 0; i < values.length; i++) {
                values[i] = table.i64((long) i * Long.BYTES);
            }
            return new Stored(table.cursor(), values);
        }
    }

    private PatchableEntries() {}

    static List<LinkAddress> read(ElfFile file) {
        NavigableMap<Long, Stored> parts = new TreeMap<>(Long::compareUnsigned);
        long count = 0;
        for (Section section : file.sections()) {
            if (section.name().equals(SECTION) && section.isAllocated() && section.hasBytes()) {
                Stored part = Stored.of(file, section);
                count += part.values.length;
                ReadLimits.check(file.name(), section.offset().value(), count, file.limits().functions(),
                        "prepared functions");
                if (part.values.length > 0) {
                    parts.put(section.address().value(), part);
                }
            }
        }
        if (!parts.isEmpty()) {
            relocate(file, parts);
        }
        return parts.values().stream().flatMapToLong(part -> Arrays.stream(part.values))
                .mapToObj(LinkAddress::new).sorted().distinct().toList();
    }

    /**
     * In a position-independent object the stored value may be zero, because the linker need not repeat the addend of the
     * relocation. A packed relocation (RELR) stores its addend in place.
     */
    private static void relocate(ElfFile file, NavigableMap<Long, Stored> parts) {
        RelocationTable relocations = file.dynamicRelocations();
        for (long i = 0; i < relocations.size(); i++) {
            var below = parts.floorEntry(relocations.place(i));
            if (below != null) {
                Stored part = below.getValue();
                long inside = relocations.place(i) - below.getKey();
                if (Long.compareUnsigned(inside, (long) part.values.length * Long.BYTES) < 0
                        && inside % Long.BYTES == 0) {
                    part.values[(int) (inside / Long.BYTES)] = apply(file, part.cursor.position(inside),
                            relocations.get(i));
                }
            }
        }
    }

    private static long apply(ElfFile file, ByteCursor cursor, Relocation relocation) {
        if (relocation.type().equals(RelocationType.RELATIVE)) {
            return relocation.addend();
        }
        SymbolTable symbols = file.dynamicSymbols();
        if (relocation.type().equals(RelocationType.ABSOLUTE_64)
                && Integer.compareUnsigned(relocation.symbolIndex(), symbols.size()) < 0) {
            return symbols.value(relocation.symbolIndex()) + relocation.addend();
        }
        cursor.u64();
        throw cursor.malformed("a relocation of type " + RelocationType.RELATIVE + " here",
                relocation.type() + " against symbol " + relocation.symbolIndex());
    }
}
