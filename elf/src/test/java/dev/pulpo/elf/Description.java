package dev.pulpo.elf;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** An {@link ElfFile} in the words of {@link Readelf}. */
final class Description {
    private final ElfFile file;

    Description(ElfFile file) {
        this.file = file;
    }

    Map<String, String> header() {
        ElfHeader header = file.header();
        return Map.of("Type", header.type().toString(), "Entry point address", header.entry().toString(),
                "Start of program headers", Long.toString(header.programHeaders().value()), "Start of section headers",
                Long.toString(header.sectionHeaders().value()), "Number of program headers",
                Integer.toString(header.programHeaderCount()), "Number of section headers",
                Integer.toString(header.sectionHeaderCount()), "Section header string table index",
                Integer.toString(header.sectionNameIndex()));
    }

    List<String> sections() {
        return file.sections().stream()
                .map(s -> String.join(" ", Integer.toString(s.index()), s.name(), s.type().toString(),
                        hex(s.address().value()), hex(s.offset().value()), hex(s.size()), hex(s.entrySize()),
                        flags(s.flags()), Integer.toString(s.link()), Integer.toString(s.info()),
                        Long.toString(s.alignment())))
                .toList();
    }

    private static String flags(long flags) {
        StringBuilder letters = new StringBuilder();
        String names = "WAX?MSILOGTC";
        for (int bit = 0; bit < Long.SIZE; bit++) {
            if ((flags & 1L << bit) != 0) {
                letters.append(bit < names.length()
                        ? names.charAt(bit)
                        : bit == 21 ? 'R' : bit == 28 ? 'l' : bit == 31 ? 'E' : bit == 24 ? 'D' : 'x');
            }
        }
        return letters.toString();
    }

    List<String> segments() {
        return file.segments().stream()
                .map(s -> String.join(" ", s.type().toString(), hex(s.offset().value()), hex(s.address().value()),
                        hex(s.physicalAddress().value()), hex(s.fileSize()), hex(s.memorySize()),
                        (s.isReadable() ? "R" : " ") + (s.isWritable() ? "W" : " ") + (s.isExecutable() ? "E" : " "),
                        hex(s.alignment())))
                .toList();
    }

    Stream<String> symbols(SymbolTable table) {
        return table.stream().map(this::symbol);
    }

    private String symbol(ElfSymbol symbol) {
        String type = symbol.type() == SymbolType.GNU_IFUNC ? "IFUNC" : symbol.type().toString();
        String binding = symbol.binding() == SymbolBinding.GNU_UNIQUE ? "UNIQUE" : symbol.binding().toString();
        String section = switch (symbol.sectionIndex()) {
            case SectionIndex.Undefined undefined -> "UND";
            case SectionIndex.Absolute absolute -> "ABS";
            case SectionIndex.Common common -> "COM";
            case SectionIndex.Reserved reserved -> "RSV[0x" + Integer.toHexString(reserved.value()) + "]";
            case SectionIndex.Regular regular -> Integer.toString(regular.number());
        };
        // The symbol that stands for a version definition has its version as its name; readelf says it only once.
        boolean isVersion = symbol.version().map(SymbolVersion::name).equals(Optional.of(symbol.name()));
        String name = isVersion ? symbol.name() : symbol.versionedName();
        if (symbol.type() == SymbolType.SECTION && name.isEmpty()
                && symbol.sectionIndex() instanceof SectionIndex.Regular regular) {
            name = file.sections().get(regular.number()).name();
        }
        return String.join(" ", hex(symbol.value()), Long.toString(symbol.size()), type, binding,
                symbol.visibility().toString(), section, name);
    }

    Stream<String> relocations(RelocationTable table) {
        return table.stream()
                .map(r -> String.join(" ", hex(r.offset().value()),
                        hex((long) r.symbolIndex() << 32 | r.type().value()), r.type().toString(), hex(r.addend())));
    }

    List<String> notes() {
        return file.notes().stream().map(n -> n.owner() + " " + hex(n.descriptor().byteSize())).toList();
    }

    List<String> dynamic(Stream<String> wanted) {
        List<String> expected = wanted.toList();
        List<DynamicTable.Entry> entries = file.dynamic().entries();
        return java.util.stream.IntStream.range(0, entries.size()).mapToObj(i -> {
            DynamicTable.Entry entry = entries.get(i);
            String like = i < expected.size() ? expected.get(i) : "";
            String value = like.endsWith("]")
                    ? "[" + file.dynamic().strings().string(entry.value()) + "]"
                    : like.endsWith("*") ? "*" : hex(entry.value());
            return hex(entry.tag().value()) + " " + value;
        }).toList();
    }

    private static String hex(long value) {
        return Long.toHexString(value);
    }
}
