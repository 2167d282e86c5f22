package dev.pulpo.engine.diff;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RawText;
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
import java.util.HashSet;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What addresses of an object mean, in words that are the same in another build of the same source. */
final class CodeNames {
    private static final int PLT_ENTRY = 16;
    private static final int LONGEST_TEXT = 4096;

    private final CodeFacts code;
    private final ElfFile elf;
    private final List<ElfSymbol> table;
    private final List<ElfSymbol> symbols;
    /** The source files of local symbols (gABI, STT_FILE). */
    private final IdentityHashMap<ElfSymbol, String> files = new IdentityHashMap<>();
    /** The symbol to name an address by, where several are at one place. */
    private final TreeMap<Long, ElfSymbol> byAddress = new TreeMap<>(Long::compareUnsigned);
    /** The names that are in several source files. */
    private final Set<String> shared;
    /** What the loader writes into words. */
    private final Map<Long, String> slots = new HashMap<>();
    private final TreeMap<Long, Relocation> relocations = new TreeMap<>(Long::compareUnsigned);
    private final Map<Long, Integer> contents = new ConcurrentHashMap<>();

    CodeNames(CodeFacts code) {
        this.code = code;
        this.elf = code.elf();
        table = Stream.of(elf.symbols(), code.info().symbols(), elf.dynamicSymbols())
                .filter(each -> each.size() > 1).findFirst().stream().flatMap(each -> each.stream()).toList();
        String[] file = {""};
        table.forEach(symbol -> {
            if (symbol.type() == SymbolType.FILE) {
                file[0] = symbol.name();
            } else if (symbol.binding() == SymbolBinding.LOCAL) {
                files.put(symbol, file[0]);
            }
        });
        symbols = table.stream().filter(symbol -> symbol.isDefined() && symbol.size() > 0
                && (symbol.type().isFunction() || symbol.type() == SymbolType.OBJECT))
                .toList();
        Map<String, Set<String>> filesOf = new HashMap<>();
        symbols.forEach(symbol -> filesOf.computeIfAbsent(plain(symbol.name()), name -> new HashSet<>())
                .add(fileOf(symbol)));
        shared = filesOf.entrySet().stream().filter(entry -> entry.getValue().size() > 1).map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        Comparator<ElfSymbol> better = Comparator
                .comparing((ElfSymbol symbol) -> symbol.binding() == SymbolBinding.LOCAL)
                .thenComparing(ElfSymbol::name);
        symbols.forEach(symbol -> byAddress.merge(symbol.value(), symbol,
                (a, b) -> better.compare(a, b) <= 0 ? a : b));
        Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream()).forEach(this::slot);
        elf.relativeRelocations().places().forEach(place -> word(place.value())
                .ifPresent(value -> {
                    slots.put(place.value(), named(value));
                    relocations.put(place.value(), new Relocation(place, RelocationType.RELATIVE, 0, value));
                }));
    }

    /** All symbols, of every kind. */
    List<ElfSymbol> table() {
        return table;
    }

    /** The source file of a symbol that is local to it; empty for others, and where it is not known. */
    String fileOf(ElfSymbol symbol) {
        return files.getOrDefault(symbol, "");
    }

    /** The function or variable that an address lies in. */
    Optional<ElfSymbol> containing(long address) {
        return Optional.ofNullable(byAddress.floorEntry(address)).map(Map.Entry::getValue)
                .filter(symbol -> address - symbol.value() < symbol.size());
    }

    /** The last function or variable that begins below an address. */
    Optional<ElfSymbol> below(long address) {
        return Optional.ofNullable(byAddress.lowerEntry(address)).map(Map.Entry::getValue);
    }

    /** The first function or variable that begins above an address. */
    Optional<ElfSymbol> above(long address) {
        return Optional.ofNullable(byAddress.higherEntry(address)).map(Map.Entry::getValue);
    }

    /** What the loader writes at an address, relative relocations of either form included. */
    Optional<Relocation> relocation(long place) {
        return Optional.ofNullable(relocations.get(place));
    }

    /** The places of words that the loader writes. */
    List<Long> relocated() {
        return List.copyOf(relocations.keySet());
    }

    /** What the loader writes between two addresses. */
    List<Relocation> relocated(long from, long to) {
        return List.copyOf(relocations.subMap(from, to).values());
    }

    /** Whether what is at an address stays as it is once the loader is done. */
    boolean isConstant(long address) {
        return section(address).filter(each -> !each.isExecutable()
                && (!each.isWritable() || each.name().startsWith(".data.rel.ro"))).isPresent();
    }

    /** A variable that nobody writes is known by what it holds. */
    private String content(long address) {
        return containing(address).filter(symbol -> symbol.type() == SymbolType.OBJECT && isConstant(address))
                .map(symbol -> "=" + contents.computeIfAbsent(symbol.value(), value -> content(symbol).hashCode()))
                .orElse("");
    }

    /** As {@link #named(long)}, for the operand of an instruction: what is constant counts with its content. */
    String operand(long address) {
        return named(address) + content(address);
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
        relocations.put(relocation.offset().value(), relocation);
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

    Optional<Section> section(long address) {
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

    Optional<Long> word(long address) {
        byte[] bytes = bytes(address, Long.BYTES);
        return bytes.length < Long.BYTES
                ? Optional.empty()
                : Optional.of(java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong());
    }

    /** The symbol around an address and how far in it is; otherwise the section. */
    String named(long address) {
        Map.Entry<Long, ElfSymbol> below = byAddress.floorEntry(address);
        if (below != null && address - below.getKey() <= below.getValue().size()) {
            return unique(below.getValue()) + plus(address - below.getKey());
        }
        Optional<Section> section = section(address);
        if (section.isPresent() && !section.get().isWritable() && !section.get().isExecutable()) {
            return text(address);
        }
        return section.map(Section::name).orElse("nothing");
    }

    /** Names that several source files have for themselves are told apart by the file. */
    private String unique(ElfSymbol symbol) {
        String name = plain(symbol.name());
        return shared.contains(name) ? name + "@" + fileOf(symbol) : name;
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
                ? "\"" + RawText.decode(bytes, 0, length) + "\""
                : "constant " + HexFormat.of().formatHex(bytes, 0, Math.min(bytes.length, Long.BYTES));
    }

    /** The word through which a stub of the procedure linkage table leads on; empty for other places. */
    Optional<Long> pltSlot(long address) {
        Optional<Section> section = section(address).filter(each -> each.name().startsWith(".plt"));
        if (section.isPresent()) {
            byte[] stub = bytes(address, PLT_ENTRY);
            Decoder decoder = new Decoder();
            for (int at = 0; at < stub.length;) {
                int length = decoder.decode(stub, at, stub.length);
                if (length == 0) {
                    break;
                }
                at += length;
                if (decoder.flow() == Flow.INDIRECT_JUMP && decoder.isRipRelative()) {
                    return Optional.of(address + at + decoder.displacement());
                }
            }
        }
        return Optional.empty();
    }

    /** What a branch leads to: a function, or what a stub of the procedure linkage table stands for. */
    String branchTarget(long address) {
        return pltSlot(address).map(slot -> memory(slot, Long.BYTES)).orElseGet(() -> named(address));
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
        return operand(address);
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
