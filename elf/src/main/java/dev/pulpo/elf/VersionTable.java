package dev.pulpo.elf;

import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * GNU symbol versioning (LSB, "Symbol Versioning"): for each dynamic symbol a number of 15 bits, and the versions of the
 * numbers: definitions in {@code .gnu.version_d}, requirements in {@code .gnu.version_r}.
 */
final class VersionTable {
    private static final int HIDDEN = 0x8000;
    private static final int NUMBER = 0x7fff;
    /** Numbers 0 (local) and 1 (global) mean no version. */
    private static final int FIRST_NUMBER = 2;
    private static final int DEFINITION_SIZE = 20;
    private static final int REQUIREMENT_SIZE = 16;
    /** The size of a table with all numbers in the largest structure; no honest table is larger. */
    private static final long LARGEST = (NUMBER + 1L) * 64;

    private record Version(String name, Optional<String> library) {}

    private final ByteTable numbers;
    private final Map<Integer, Version> versions = new HashMap<>();
    /** Limits the walk: structures are chained by relative offsets, and those of a hostile file may overlap. */
    private int left = 2 * NUMBER;

    private VersionTable(ByteTable numbers) {
        this.numbers = numbers;
    }

    static VersionTable none(ElfView view) {
        return new VersionTable(ByteTable.empty(view.name()));
    }

    /** Reads the tables that the dynamic table points to, if it does. */
    static VersionTable read(ElfView view, DynamicTable dynamic, int symbols) {
        VersionTable table = new VersionTable(dynamic.table(DynamicTag.VERSYM, symbols * 2L, "symbol versions"));
        if (table.numbers.size() != 0) {
            StringTable.Keeper names = dynamic.strings().keeper(view.limits());
            table.readDefinitions(area(view, dynamic, DynamicTag.VERDEF, DEFINITION_SIZE),
                    dynamic.value(DynamicTag.VERDEFNUM).orElse(0), names);
            table.readRequirements(area(view, dynamic, DynamicTag.VERNEED, REQUIREMENT_SIZE),
                    dynamic.value(DynamicTag.VERNEEDNUM).orElse(0), names);
        }
        return table;
    }

    private static ByteTable area(ElfView view, DynamicTable dynamic, DynamicTag tag, int smallest) {
        Optional<LinkAddress> address = dynamic.address(tag);
        if (address.isEmpty()) {
            return ByteTable.empty(view.name());
        }
        // The dynamic table gives the number of structures but not their size.
        long size = Math.min(LARGEST, view.available(address.get().value()));
        return view.tableAtAddress(address.get().value(), Math.max(smallest, size), "version table");
    }

    private void readDefinitions(ByteTable table, long count, StringTable.Keeper names) {
        long at = 0;
        for (long i = 0; i < count; i++) {
            int number = table.u16(at + 4) & NUMBER;
            long auxiliary = at + table.u32(at + 12);
            // The first name is the version itself; the others are its parents.
            put(table, at, number, new Version(names.string(table.u32(auxiliary)), Optional.empty()));
            long next = table.u32(at + 16);
            if (next == 0) {
                return;
            }
            at += next;
        }
    }

    private void readRequirements(ByteTable table, long count, StringTable.Keeper names) {
        long at = 0;
        for (long i = 0; i < count; i++) {
            int versionCount = table.u16(at + 2);
            Optional<String> library = Optional.of(names.string(table.u32(at + 4)));
            long auxiliary = at + table.u32(at + 8);
            for (int j = 0; j < versionCount; j++) {
                int number = table.u16(auxiliary + 6) & NUMBER;
                put(table, auxiliary, number, new Version(names.string(table.u32(auxiliary + 8)), library));
                long next = table.u32(auxiliary + 12);
                if (next == 0) {
                    break;
                }
                auxiliary += next;
            }
            long next = table.u32(at + 12);
            if (next == 0) {
                return;
            }
            at += next;
        }
    }

    private void put(ByteTable table, long at, int number, Version version) {
        if (left-- == 0) {
            throw table.malformed(at, "at most " + 2 * NUMBER + " versions", "more");
        }
        versions.put(number, version);
    }

    /** Whether only references with its version find a symbol. */
    boolean isHidden(int symbol) {
        return numbers.size() != 0 && (numbers.u16(symbol * 2L) & HIDDEN) != 0;
    }

    Optional<SymbolVersion> version(int symbol, boolean defined) {
        if (numbers.size() == 0) {
            return Optional.empty();
        }
        int stored = numbers.u16(symbol * 2L);
        int number = stored & NUMBER;
        if (number < FIRST_NUMBER) {
            return Optional.empty();
        }
        Version version = versions.get(number);
        if (version == null) {
            throw numbers.malformed(symbol * 2L, "the number of a version", Integer.toString(number));
        }
        // An executable defines its copy of a library's variable under the required version, which is not a default
        // version.
        boolean isDefault = defined && stored == number && version.library().isEmpty();
        return Optional.of(new SymbolVersion(version.name(), isDefault, version.library()));
    }
}
