package dev.pulpo.elf;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The addresses in {@code __patchable_function_entries}: for each function that was compiled with
 * {@code -fpatchable-function-entry}, the first of its nops.
 */
final class PatchableEntries {
    private static final String SECTION = "__patchable_function_entries";

    private PatchableEntries() {}

    static List<LinkAddress> read(ElfFile file) {
        return file.sections().stream()
                .filter(section -> section.name().equals(SECTION) && section.isAllocated() && section.hasBytes())
                .flatMap(section -> Arrays.stream(read(file, section)).mapToObj(LinkAddress::new)).sorted().distinct()
                .toList();
    }

    private static long[] read(ElfFile file, Section section) {
        ByteCursor cursor = file.rawData(section);
        // In an object that is linked for no fixed address, the stored value may be zero: the linker need not repeat
        // what is in the addend of the relocation. A packed relocation (RELR) has its addend in place.
        Map<LinkAddress, Relocation> relocations = new HashMap<>();
        file.dynamicRelocations().within(section.address(), section.size())
                .forEach(relocation -> relocations.put(relocation.offset(), relocation));
        long[] places = new long[(int) Math.min(cursor.limit() / 8, Integer.MAX_VALUE - 8)];
        int count = 0;
        while (count < places.length) {
            LinkAddress place = section.address().plus(cursor.position());
            long stored = cursor.u64();
            long value = Optional.ofNullable(relocations.get(place))
                    .map(relocation -> apply(file, cursor, relocation)).orElse(stored);
            places[count++] = value;
        }
        return places;
    }

    private static long apply(ElfFile file, ByteCursor cursor, Relocation relocation) {
        if (relocation.type().equals(RelocationType.RELATIVE)) {
            return relocation.addend();
        }
        SymbolTable symbols = file.dynamicSymbols();
        if (relocation.type().equals(RelocationType.ABSOLUTE_64)
                && Integer.compareUnsigned(relocation.symbolIndex(), symbols.size()) < 0) {
            return symbols.get(relocation.symbolIndex()).value() + relocation.addend();
        }
        throw cursor.malformed("a relocation of type " + RelocationType.RELATIVE + " here",
                relocation.type() + " against symbol " + relocation.symbolIndex());
    }
}
