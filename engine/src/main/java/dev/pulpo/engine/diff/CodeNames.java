package dev.pulpo.engine.diff;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** What addresses of an object mean, in words that are the same in another build of the same source. */
final class CodeNames {
    private static final int PLT_ENTRY = 16;
    private static final int LONGEST_TEXT = 4096;

    private final CodeFacts code;
    private final ElfFile elf;
    private final List<ElfSymbol> symbols;
    /** The symbol to name an address by, where several are at one place. */
    private final TreeMap<Long, ElfSymbol> byAddress = new TreeMap<>(Long::compareUnsigned);
    /** What the loader writes into words. */
    private final Map<Long, String> slots = new HashMap<>();

    CodeNames(CodeFacts code) {
        this.code = code;
        this.elf = code.elf();
        symbols = Stream.of(elf.symbols(), code.info().symbols(), elf.dynamicSymbols())
                .filter(table -> table.size() > 1).findFirst().stream().flatMap(table -> table.stream())
                .filter(symbol -> symbol.isDefined() && symbol.size() > 0
                        && (symbol.type().isFunction() || symbol.type() == SymbolType.OBJECT))
                .toList();
        Comparator<ElfSymbol> better = Comparator
                .comparing((ElfSymbol symbol) -> symbol.binding() == SymbolBinding.LOCAL)
                .thenComparing(ElfSymbol::name);
        symbols.forEach(symbol -> byAddress.merge(symbol.value(), symbol,
                (a, b) -> better.compare(a, b) <= 0 ? a : b));
        Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream()).forEach(this::slot);
        elf.relativeRelocations().places().forEach(place -> word(place.value())
                .ifPresent(value -> slots.put(place.value(), named(value))));
    }

    private void slot(Relocation relocation) {
        String name;
        if (relocation.symbolIndex() != 0) {
            name = elf.dynamicSymbols().get(relocation.symbolIndex()).name() + plus(relocation.addend());
        } else if (relocation.type().equals(RelocationType.RELATIVE)
                || relocation.type().equals(RelocationType.IRELATIVE)) {
            name = named(relocation.addend());
        } else {
            name = relocation.type() + plus(relocation.addend());
        }
        slots.put(relocation.offset().value(), name);
    }

    private static String plus(long offset) {
        return offset == 0 ? "" : "+0x" + Long.toHexString(offset);
    }

    /** The functions with code of their own, one for each place. */
    List<ElfSymbol> functions() {
        return byAddress.values().stream().filter(symbol -> symbol.type() == SymbolType.FUNC).toList();
    }

    /** The initialised variables, one for each place. */
    List<ElfSymbol> variables() {
        return byAddress.values().stream().filter(symbol -> symbol.type() == SymbolType.OBJECT).toList();
    }

    CodeFacts code() {
        return code;
    }

    /** The name of a symbol without the numbers that compilers add in the order in which they meet things. */
    static String plain(String symbol) {
        return symbol.replaceAll("[.][0-9]+(?=$|[.])", "");
    }

    /** Whether a number is the address of something; only where code may hold addresses as numbers. */
    boolean isAbsolute(long value) {
        return elf.header().type().equals(ObjectType.EXECUTABLE) && section(value).isPresent();
    }

    private Optional<Section> section(long address) {
        return elf.sections().stream().filter(section -> section.contains(new LinkAddress(address))).findFirst();
    }

    /** The bytes at an address; fewer where the file holds fewer. */
    byte[] bytes(long address, int count) {
        for (int length = count; length > 0; length /= 2) {
            try {
                ByteCursor cursor = elf.at(new LinkAddress(address), length);
                return cursor.bytes(length).toArray(ValueLayout.JAVA_BYTE);
            } catch (MalformedElfException behindTheEnd) {
                // Half of it may be there.
            }
        }
        return new byte[0];
    }

    private Optional<Long> word(long address) {
        byte[] bytes = bytes(address, Long.BYTES);
        return bytes.length < Long.BYTES
                ? Optional.empty()
                : Optional.of(java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong());
    }

    /** The symbol around an address and how far in it is; otherwise the section. */
    String named(long address) {
        Map.Entry<Long, ElfSymbol> below = byAddress.floorEntry(address);
        if (below != null && address - below.getKey() <= below.getValue().size()) {
            return plain(below.getValue().name()) + plus(address - below.getKey());
        }
        Optional<Section> section = section(address);
        if (section.isPresent() && !section.get().isWritable() && !section.get().isExecutable()) {
            return text(address);
        }
        return section.map(Section::name).orElse("nothing");
    }

    /** A string literal by what it says. */
    private String text(long address) {
        byte[] bytes = bytes(address, LONGEST_TEXT);
        int length = 0;
        while (length < bytes.length && (bytes[length] >= ' ' || bytes[length] == '\n' || bytes[length] == '\t'
                || bytes[length] < 0)) {
            length++;
        }
        boolean ended = length < bytes.length && bytes[length] == 0;
        return ended
                ? "\"" + new String(bytes, 0, length, java.nio.charset.StandardCharsets.ISO_8859_1) + "\""
                : "constant " + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, Long.BYTES));
    }

    /** What a branch leads to: a function, or what a stub of the procedure linkage table stands for. */
    String branchTarget(long address) {
        Optional<Section> section = section(address);
        if (section.isPresent() && section.get().name().startsWith(".plt")) {
            byte[] stub = bytes(address, PLT_ENTRY);
            Decoder decoder = new Decoder();
            for (int at = 0; at < stub.length;) {
                int length = decoder.decode(stub, at, stub.length);
                if (length == 0) {
                    break;
                }
                at += length;
                if (decoder.flow() == Flow.INDIRECT_JUMP && decoder.isRipRelative()) {
                    return memory(address + at + decoder.displacement(), Long.BYTES);
                }
            }
        }
        return named(address);
    }

    /**
     * What is in memory.
     *
     * @param size how many bytes of an unnamed constant count
     */
    String memory(long address, int size) {
        String slot = slots.get(address);
        if (slot != null) {
            return "[" + slot + "]";
        }
        Map.Entry<Long, ElfSymbol> below = byAddress.floorEntry(address);
        boolean named = below != null && address - below.getKey() < below.getValue().size();
        Optional<Section> section = section(address);
        if (!named && section.isPresent() && !section.get().isWritable() && !section.get().isExecutable()) {
            return "constant " + HexFormat.of().formatHex(bytes(address, size));
        }
        return named(address);
    }

    /** The content of a variable, with names in place of what the loader writes into it. */
    List<String> content(ElfSymbol variable) {
        List<String> content = new ArrayList<>();
        long end = variable.value() + variable.size();
        for (long at = variable.value(); at < end;) {
            String slot = slots.get(at);
            if (slot != null) {
                content.add(slot);
                at += Long.BYTES;
            } else {
                content.add(HexFormat.of().formatHex(bytes(at, 1)));
                at++;
            }
        }
        return content;
    }
}
