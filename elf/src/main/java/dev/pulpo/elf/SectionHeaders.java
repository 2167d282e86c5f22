package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/** The sections of a new shared object and its {@code .symtab}, which the loader ignores. */
final class SectionHeaders {
    private static final int ALLOCATED = 2;

    /** Where the table is in the file, and how many entries it has; the last one describes the names. */
    record Place(long offset, int count) {}

    private record Part(String name, long start, long end, int flags) {}

    private record Symbol(String name, long value, long size, SymbolType type) {}

    private final List<Part> parts = new ArrayList<>();
    private final List<Symbol> symbols = new ArrayList<>();

    void add(String name, long start, int size, int loadFlags) {
        int flags = ALLOCATED | ((loadFlags & LoadPages.WRITE) != 0 ? 1 : 0)
                | ((loadFlags & LoadPages.EXECUTE) != 0 ? 4 : 0);
        parts.add(new Part(name, start, start + size, flags));
    }

    void symbol(String name, long value, long size, SymbolType type) {
        symbols.add(new Symbol(name, value, size, type));
    }

    /** Merges parts of one name on the same or adjacent pages into one section. */
    private List<Part> merged() {
        List<Part> merged = new ArrayList<>();
        for (Part part : parts.stream().sorted(Comparator.comparingLong(Part::start)).toList()) {
            Part last = merged.isEmpty() ? null : merged.getLast();
            boolean near = last != null && last.name.equals(part.name) && last.flags == part.flags
                    && part.start / LoadPages.PAGE - (last.end - 1) / LoadPages.PAGE <= 1;
            if (last != null && near) {
                merged.set(merged.size() - 1,
                        new Part(last.name, last.start, Math.max(last.end, part.end), last.flags));
            } else {
                merged.add(part);
            }
        }
        return merged;
    }

    /**
     * Appends symbols, names and headers to the file.
     *
     * @param versionNeeds how many libraries {@code .gnu.version_r} names
     */
    Place write(ByteBuilder file, LongUnaryOperator fileOffset, int versionNeeds) {
        List<Part> all = merged();
        Map<String, Integer> numbers = new LinkedHashMap<>();
        for (int i = 0; i < all.size(); i++) {
            numbers.put(all.get(i).name, i + 1);
        }
        ByteBuilder strings = new ByteBuilder().u8(0);
        ByteBuilder table = new ByteBuilder().bytes(new byte[24]);
        for (Symbol symbol : symbols) {
            int section = 1;
            for (int i = 0; i < all.size(); i++) {
                section = all.get(i).start <= symbol.value && symbol.value < all.get(i).end ? i + 1 : section;
            }
            table.u32(strings.size()).u8(symbol.type.code()).u8(0).u16(section).u64(symbol.value).u64(symbol.size);
            strings.string(symbol.name);
        }
        ByteBuilder names = new ByteBuilder().u8(0);
        ByteBuilder headers = new ByteBuilder().bytes(new byte[Section.ENTRY_SIZE]);
        for (Part part : all) {
            int link = switch (part.name) {
                case ".hash", ".rela.dyn", ".gnu.version" -> numbers.getOrDefault(".dynsym", 0);
                case ".dynsym", ".dynamic", ".gnu.version_r" -> numbers.getOrDefault(".dynstr", 0);
                default -> 0;
            };
            header(headers, names, part.name, type(part.name), part.flags, part.start,
                    fileOffset.applyAsLong(part.start), part.end - part.start, link,
                    part.name.equals(".dynsym") ? 1 : part.name.equals(".gnu.version_r") ? versionNeeds : 0,
                    entrySize(part.name));
        }
        int count = all.size() + 4;
        file.align(8, 0);
        header(headers, names, ".symtab", SectionType.SYMTAB, 0, 0, file.size(), table.size(), count - 2,
                symbols.size() + 1, 24);
        file.bytes(table.toByteArray());
        header(headers, names, ".strtab", SectionType.STRTAB, 0, 0, file.size(), strings.size(), 0, 0, 0);
        file.bytes(strings.toByteArray());
        int namesAt = file.size();
        int namesField = headers.size();
        header(headers, names, ".shstrtab", SectionType.STRTAB, 0, 0, namesAt, 0, 0, 0, 0);
        headers.set(namesField + 32, names.size(), 8);
        file.bytes(names.toByteArray()).align(8, 0);
        long offset = file.size();
        file.bytes(headers.toByteArray());
        return new Place(offset, count);
    }

    private static void header(ByteBuilder headers, ByteBuilder names, String name, SectionType type, int flags,
            long address, long offset, long size, int link, int info, int entrySize) {
        headers.u32(names.size()).u32(type.value()).u64(flags).u64(address).u64(offset).u64(size).u32(link).u32(info)
                .u64(name.equals(".text") ? 16 : name.equals(".strtab") || name.equals(".shstrtab") ? 1 : 8)
                .u64(entrySize);
        names.string(name);
    }

    private static SectionType type(String name) {
        return switch (name) {
            case ".hash" -> SectionType.HASH;
            case ".dynsym" -> SectionType.DYNSYM;
            case ".dynstr" -> SectionType.STRTAB;
            case ".rela.dyn" -> SectionType.RELA;
            case ".dynamic" -> SectionType.DYNAMIC;
            case ".gnu.version" -> SectionType.GNU_VERSYM;
            case ".gnu.version_r" -> SectionType.GNU_VERNEED;
            default -> name.startsWith(".note") ? SectionType.NOTE : SectionType.PROGBITS;
        };
    }

    private static int entrySize(String name) {
        return switch (name) {
            case ".dynsym", ".rela.dyn" -> 24;
            case ".dynamic" -> 16;
            case ".hash" -> 4;
            case ".gnu.version" -> 2;
            default -> 0;
        };
    }
}
