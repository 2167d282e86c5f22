package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The parts of a new shared object that the dynamic loader reads (gABI, "Dynamic Linking"): symbols with their hash table
 * and versions, and relocations.
 */
final class DynamicParts {
    private static final int SYMBOL_SIZE = 24;
    private static final int UNDEFINED = 0;
    /** The number of any section: the loader only checks that it is not 0. */
    private static final int SOME_SECTION = 1;

    private final ByteBuilder strings = new ByteBuilder().u8(0);
    private final Map<String, Integer> stringOffsets = new LinkedHashMap<>();
    private final ByteBuilder symbols = new ByteBuilder().bytes(new byte[SYMBOL_SIZE]);
    private final List<String> names = new ArrayList<>(List.of(""));
    private final List<Integer> versions = new ArrayList<>(List.of(0));
    private final Map<String, Map<String, Integer>> needed = new LinkedHashMap<>();
    private final List<String> libraries = new ArrayList<>();
    private final ByteBuilder relocations = new ByteBuilder();
    private final List<DynamicTable.Entry> entries = new ArrayList<>();
    private int lastVersion = 1;

    private int string(String text) {
        return stringOffsets.computeIfAbsent(text, added -> {
            int at = strings.size();
            strings.string(added);
            return at;
        });
    }

    int symbol(String name, SymbolType type, SymbolBinding binding, boolean defined, long value, long size,
            Optional<SymbolVersion> version) {
        symbols.u32(string(name)).u8(binding.code() << 4 | type.code()).u8(0)
                .u16(defined ? SOME_SECTION : UNDEFINED).u64(value).u64(size);
        names.add(name);
        // 1 is the global version, which means none (LSB, "Symbol Versioning").
        versions.add(version.filter(each -> each.library().isPresent())
                .map(each -> needed.computeIfAbsent(each.library().orElseThrow(), library -> new LinkedHashMap<>())
                        .computeIfAbsent(each.name(), added -> ++lastVersion))
                .orElse(1));
        return names.size() - 1;
    }

    void relocation(LinkAddress place, RelocationType type, int symbol, long addend) {
        relocations.u64(place.value()).u64((long) symbol << 32 | type.value()).u64(addend);
    }

    void entry(DynamicTag tag, long value) {
        entries.add(new DynamicTable.Entry(tag, value));
    }

    void library(String name) {
        if (!libraries.contains(name)) {
            libraries.add(name);
            string(name);
        }
    }

    /** The tables, which are to be placed at multiples of eight. */
    Map<String, byte[]> tables() {
        Map<String, byte[]> tables = new LinkedHashMap<>();
        tables.put(".hash", hash());
        tables.put(".dynsym", symbols.toByteArray());
        if (!needed.isEmpty()) {
            ByteBuilder indices = new ByteBuilder();
            versions.forEach(indices::u16);
            tables.put(".gnu.version", indices.toByteArray());
            tables.put(".gnu.version_r", versionTable());
        }
        tables.put(".dynstr", strings.toByteArray());
        tables.put(".rela.dyn", relocations.toByteArray());
        return tables;
    }

    /** One bucket is enough: such objects have few symbols. */
    private byte[] hash() {
        ByteBuilder table = new ByteBuilder();
        int buckets = Math.max(1, names.size() / 2);
        int[] first = new int[buckets];
        int[] next = new int[names.size()];
        for (int i = 1; i < names.size(); i++) {
            int bucket = (int) (sysvHash(names.get(i)) % buckets);
            next[i] = first[bucket];
            first[bucket] = i;
        }
        table.u32(buckets).u32(names.size());
        for (int each : first) {
            table.u32(each);
        }
        for (int each : next) {
            table.u32(each);
        }
        return table.toByteArray();
    }

    /** gABI, "Hash Table". */
    private static long sysvHash(String name) {
        long hash = 0;
        for (byte each : RawText.encode(name)) {
            hash = (hash << 4) + (each & 0xff);
            long high = hash & 0xf000_0000L;
            hash = (hash ^ high >>> 24) & ~high & 0xffff_ffffL;
        }
        return hash;
    }

    /** How many libraries must define versions. */
    int versionNeeds() {
        return needed.size();
    }

    private byte[] versionTable() {
        ByteBuilder table = new ByteBuilder();
        int left = needed.size();
        for (Map.Entry<String, Map<String, Integer>> library : needed.entrySet()) {
            int count = library.getValue().size();
            int size = 16 + count * 16;
            table.u16(1).u16(count).u32(string(library.getKey())).u32(16).u32(--left == 0 ? 0 : size);
            int rest = count;
            for (Map.Entry<String, Integer> version : library.getValue().entrySet()) {
                table.u32(sysvHash(version.getKey())).u16(0).u16(version.getValue())
                        .u32(string(version.getKey())).u32(--rest == 0 ? 0 : 16);
            }
        }
        return table.toByteArray();
    }

    /** The dynamic section, given the addresses of the tables. */
    byte[] dynamic(Map<String, LinkAddress> places) {
        ByteBuilder table = new ByteBuilder();
        libraries.forEach(library -> entry(table, DynamicTag.NEEDED, string(library)));
        entry(table, DynamicTag.HASH, at(places, ".hash"));
        entry(table, DynamicTag.STRTAB, at(places, ".dynstr"));
        entry(table, DynamicTag.SYMTAB, at(places, ".dynsym"));
        entry(table, DynamicTag.STRSZ, strings.size());
        entry(table, DynamicTag.SYMENT, SYMBOL_SIZE);
        entry(table, DynamicTag.RELA, at(places, ".rela.dyn"));
        entry(table, DynamicTag.RELASZ, relocations.size());
        entry(table, DynamicTag.RELAENT, 24);
        entry(table, DynamicTag.BIND_NOW, 0);
        if (!needed.isEmpty()) {
            entry(table, DynamicTag.VERSYM, at(places, ".gnu.version"));
            entry(table, DynamicTag.VERNEED, at(places, ".gnu.version_r"));
            entry(table, DynamicTag.VERNEEDNUM, needed.size());
        }
        entries.forEach(each -> entry(table, each.tag(), each.value()));
        entry(table, DynamicTag.NULL, 0);
        return table.toByteArray();
    }

    /** The size of {@link #dynamic}, in bytes. */
    int dynamicSize() {
        return 16 * (libraries.size() + entries.size() + 14);
    }

    private static long at(Map<String, LinkAddress> places, String name) {
        LinkAddress place = places.get(name);
        if (place == null) {
            throw new IllegalStateException("no place for " + name);
        }
        return place.value();
    }

    private static void entry(ByteBuilder table, DynamicTag tag, long value) {
        table.u64(tag.value()).u64(value);
    }
}
