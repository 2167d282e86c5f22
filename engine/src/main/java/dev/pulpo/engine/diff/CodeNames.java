package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SectionType;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.check.CodeFacts;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * What is where in an object: functions and variables by their symbols, and those without one by their bounds. A function
 * without a symbol has those of its frame description; data without one reaches from one place that something refers to, to
 * the next.
 */
final class CodeNames {
    private static final int PLT_ENTRY = 16;

    private final CodeFacts code;
    private final ElfFile elf;
    private final List<ElfSymbol> table;
    private final List<Section> sections;
    private final Map<Section, byte[]> contents = new HashMap<>();
    /** The source files of local symbols (gABI, STT_FILE). */
    private final IdentityHashMap<ElfSymbol, String> files = new IdentityHashMap<>();
    /** The symbol to name an address by, where several are at one place. */
    private final TreeMap<Long, ElfSymbol> byAddress = new TreeMap<>(Long::compareUnsigned);
    private final TreeMap<Long, Relocation> relocations = new TreeMap<>(Long::compareUnsigned);
    /** Functions that have a symbol or a frame description, and code that has neither. */
    private final TreeMap<Long, FunctionShape> shapes = new TreeMap<>(Long::compareUnsigned);
    private final UnnamedCode unnamed;
    /** Where symbols were made for what has none. */
    private final Set<Long> made = new HashSet<>();
    /** The places of data whose address something takes. */
    private final Set<Long> pointedTo = new HashSet<>();
    /** The places of data that something refers to. */
    private final TreeSet<Long> places = new TreeSet<>(Long::compareUnsigned);

    /**
     * @param symbols whether its symbol table counts, or only what it exports
     */
    CodeNames(CodeFacts code, boolean symbols) {
        this.code = code;
        this.elf = code.elf();
        sections = elf.sections().stream()
                .filter(section -> section.isAllocated() && section.size() > 0 && (section.flags() & 0x400) == 0)
                .sorted(Comparator.comparing(section -> section.address().value(), Long::compareUnsigned)).toList();
        sections.forEach(this::checkLoaded);
        checkSpan();
        sections.stream().filter(Section::hasBytes).forEach(section -> contents.put(section,
                elf.rawData(section).bytes(section.size()).toArray(ValueLayout.JAVA_BYTE)));
        table = (symbols ? tableOf(code).orElseThrow() : elf.dynamicSymbols()).stream().toList();
        String[] file = {""};
        table.forEach(symbol -> {
            if (symbol.type() == SymbolType.FILE) {
                file[0] = symbol.name();
            } else if (symbol.binding() == SymbolBinding.LOCAL) {
                files.put(symbol, file[0]);
            }
        });
        Comparator<ElfSymbol> better = Comparator
                .comparing((ElfSymbol symbol) -> symbol.binding() == SymbolBinding.LOCAL)
                .thenComparing(ElfSymbol::name);
        table.stream().filter(symbol -> symbol.isDefined() && symbol.size() > 0
                && (symbol.type().isFunction() || symbol.type() == SymbolType.OBJECT)
                && section(symbol.value()).isPresent())
                .forEach(symbol -> byAddress.merge(symbol.value(), symbol,
                        (a, b) -> better.compare(a, b) <= 0 ? a : b));
        Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream())
                .forEach(relocation -> relocations.put(relocation.offset().value(), relocation));
        elf.relativeRelocations().places().forEach(place -> word(place.value()).ifPresent(value -> relocations
                .put(place.value(), new Relocation(place, RelocationType.RELATIVE, 0, value))));
        unnamed = new UnnamedCode(elf, this, byAddress);
        unnamed.symbols().forEach(symbol -> {
            made.add(symbol.value());
            byAddress.put(symbol.value(), symbol);
        });
        byAddress.values().parallelStream().filter(symbol -> symbol.type().isFunction())
                .map(symbol -> FunctionShape.of(this, symbol)).toList()
                .forEach(shape -> shapes.put(shape.start(), shape));
        findPlaces();
    }

    /** Code reaches what is less than 2 GiB away (psABI, small code model). */
    private void checkSpan() {
        List<Segment> loaded = elf.segments().stream().filter(segment -> segment.type().equals(SegmentType.LOAD))
                .toList();
        for (Segment segment : loaded) {
            long size = segment.address().value() - loaded.getFirst().address().value() + segment.memorySize();
            if (Long.compareUnsigned(size, Integer.MAX_VALUE) > 0
                    || Long.compareUnsigned(segment.address().value() + segment.memorySize(),
                            segment.address().value()) < 0
                    || Long.compareUnsigned(segment.memorySize(), Integer.MAX_VALUE) > 0) {
                throw new MalformedElfException(elf.name(), segment.offset().value(), "less than 2 GiB to be mapped",
                        String.format(java.util.Locale.ROOT, "%d bytes", size));
            }
        }
    }

    /** What is told by sections has to be what the loader sees. */
    private void checkLoaded(Section section) {
        long start = section.address().value();
        boolean loaded = elf.segments().stream().filter(segment -> segment.type().equals(SegmentType.LOAD))
                .anyMatch(segment -> Long.compareUnsigned(start - segment.address().value(), segment.memorySize()) < 0
                        && section.size() - (segment.memorySize() - (start - segment.address().value())) <= 0);
        if (!loaded) {
            throw new MalformedElfException(elf.name(), section.offset().value(), "sections in what the loader maps",
                    String.format(java.util.Locale.ROOT, "%s at 0x%x, of %d bytes", section.name(), start,
                            section.size()));
        }
    }

    /** The symbols of an object: its own, or those of a file with debug information. */
    static Optional<SymbolTable> tableOf(CodeFacts code) {
        return Stream.of(code.elf().symbols(), code.info().symbols()).filter(each -> each.stream().anyMatch(
                symbol -> symbol.isDefined() && symbol.size() > 0 && symbol.type() == SymbolType.FUNC)).findFirst();
    }

    private void findPlaces() {
        shapes.values().forEach(shape -> shape.references().forEach(reference -> {
            if (reference.kind() == FunctionShape.Kind.ADDRESS || reference.kind() == FunctionShape.Kind.MEMORY) {
                place(reference.target());
                if (reference.kind() == FunctionShape.Kind.ADDRESS) {
                    pointedTo.add(reference.target());
                }
            }
        }));
        relocations.values().forEach(relocation -> pointer(relocation).ifPresent(target -> {
            place(target);
            pointedTo.add(target);
        }));
        List.copyOf(pointedTo).forEach(this::relativeTable);
        List<Long> all = List.copyOf(places);
        byAddress.values().stream().filter(symbol -> symbol.type() == SymbolType.OBJECT).forEach(symbol -> {
            place(symbol.value());
            place(symbol.value() + symbol.size());
        });
        for (long place : all) {
            if (section(place).filter(CodeNames::holdsVariables).isPresent() && containing(place).isEmpty()) {
                made.add(place);
                byAddress.put(place,
                        symbol("data_" + Long.toHexString(place), place, extent(place), SymbolType.OBJECT));
            }
        }
    }

    /** What a table of distances from its own beginning to texts leads to, as clang makes of {@code switch}. */
    private void relativeTable(long table) {
        boolean constant = section(table).filter(section -> !section.isWritable() && !section.isExecutable())
                .isPresent();
        List<Long> targets = new ArrayList<>();
        long size = constant ? extent(table) : 0;
        java.nio.ByteBuffer entries = java.nio.ByteBuffer.wrap(bytes(table, size))
                .order(java.nio.ByteOrder.LITTLE_ENDIAN);
        while (entries.remaining() >= Integer.BYTES) {
            long target = table + entries.getInt();
            boolean text = target - table < 0 || target - table >= size;
            if (!text || section(target).filter(each -> !each.isWritable() && !each.isExecutable()).isEmpty()
                    || !places.contains(target) && bytes(target - 1, 1)[0] != 0) {
                break;
            }
            targets.add(target);
        }
        if (targets.size() > 1) {
            targets.forEach(this::place);
        }
    }

    private void place(long address) {
        section(address).filter(section -> !section.isExecutable()).ifPresent(section -> places.add(address));
    }

    private static boolean holdsVariables(Section section) {
        // What describes another section (SHF_LINK_ORDER) is no variable.
        return section.isWritable() && (section.flags() & 0x80) == 0 && !section.name().startsWith(".got")
                && !section.name().equals(".dynamic")
                && !section.type().equals(SectionType.INIT_ARRAY) && !section.type().equals(SectionType.FINI_ARRAY);
    }

    /** A symbol for what has none. */
    static ElfSymbol symbol(String name, long address, long size, SymbolType type) {
        return new ElfSymbol(name, Optional.empty(), address, size, type, SymbolBinding.LOCAL,
                dev.pulpo.elf.SymbolVisibility.DEFAULT, new dev.pulpo.elf.SectionIndex.Regular(1));
    }

    /** All symbols, of every kind. */
    List<ElfSymbol> table() {
        return table;
    }

    /** The source file of a symbol that is local to it; empty for others, and where it is not known. */
    String fileOf(ElfSymbol symbol) {
        return files.getOrDefault(symbol, "");
    }

    /** Whether it has no symbol. */
    boolean isUnnamed(ElfSymbol symbol) {
        return made.contains(symbol.value());
    }

    UnnamedCode unnamed() {
        return unnamed;
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

    /** What the loader writes between two addresses; nothing where the second lies below the first. */
    List<Relocation> relocated(long from, long to) {
        return Long.compareUnsigned(from, to) < 0 ? List.copyOf(relocations.subMap(from, to).values()) : List.of();
    }

    /** Whether what is at an address stays as it is once the loader is done. */
    boolean isConstant(long address) {
        return section(address).filter(each -> !each.isExecutable()
                && (!each.isWritable() || each.name().startsWith(".data.rel.ro"))).isPresent();
    }

    /** Whether an address lies in a table of addresses that the linker has made. */
    boolean isLinkerTable(long address) {
        return section(address).filter(section -> section.name().startsWith(".got")).isPresent();
    }

    /** The functions with code of their own, one for each place. */
    List<ElfSymbol> functions() {
        return byAddress.values().stream().filter(symbol -> symbol.type() == SymbolType.FUNC).toList();
    }

    /** The initialised variables, one for each place. */
    List<ElfSymbol> variables() {
        return byAddress.values().stream().filter(symbol -> symbol.type() == SymbolType.OBJECT).toList();
    }

    /** All code, in the order in which it lies. */
    NavigableMap<Long, FunctionShape> shapes() {
        return shapes;
    }

    /** The shape of the code that begins at an address, where some does. */
    FunctionShape shape(long start) {
        return Objects.requireNonNull(shapes.get(start));
    }

    /** The shape of the function that an address lies in. */
    Optional<FunctionShape> shapeAt(long address) {
        return Optional.ofNullable(shapes.floorEntry(address)).map(Map.Entry::getValue)
                .filter(shape -> shape.contains(address));
    }

    /** Places of data that something refers to, in ascending order. */
    NavigableSet<Long> places() {
        return places;
    }

    /** Those between two addresses, without both; none where the second lies below the first. */
    List<Long> placesBetween(long from, long to) {
        return Long.compareUnsigned(from, to) < 0 ? List.copyOf(places.subSet(from, false, to, false)) : List.of();
    }

    /** Whether something takes the address of a place of data, and does not just read or write it. */
    boolean isReferredTo(long address) {
        return pointedTo.contains(address);
    }

    /** How far data reaches: to the end of its symbol, or to the next place that something refers to; 0 where none is. */
    long extent(long address) {
        Optional<ElfSymbol> symbol = containing(address).filter(each -> each.type() == SymbolType.OBJECT);
        if (symbol.isPresent()) {
            return symbol.get().value() + symbol.get().size() - address;
        }
        Optional<Section> section = section(address);
        if (section.isEmpty()) {
            return 0;
        }
        long end = section.get().address().value() + section.get().size();
        Long next = places.higher(address);
        return (next != null && Long.compareUnsigned(next, end) < 0 ? next : end) - address;
    }

    CodeFacts code() {
        return code;
    }

    /** The name of a symbol without the numbers that compilers add in the order in which they meet things. */
    static String plain(String symbol) {
        return symbol.indexOf('.') < 0 ? symbol : symbol.replaceAll("[.][0-9]+(?=$|[.])", "");
    }

    /** Whether a number is the address of something; only where code may hold addresses as numbers. */
    boolean isAbsolute(long value) {
        return elf.header().type().equals(ObjectType.EXECUTABLE) && section(value).isPresent();
    }

    Optional<Section> section(long address) {
        int low = 0;
        int high = sections.size() - 1;
        while (low <= high) {
            int middle = (low + high) >>> 1;
            Section section = sections.get(middle);
            if (section.contains(new LinkAddress(address))) {
                return Optional.of(section);
            }
            if (Long.compareUnsigned(section.address().value(), address) > 0) {
                high = middle - 1;
            } else {
                low = middle + 1;
            }
        }
        return Optional.empty();
    }

    /** The sections that are in memory, apart from thread-local ones. */
    List<Section> sections() {
        return sections;
    }

    /** The bytes at an address; fewer where the section ends, zeros where the file holds none. */
    byte[] bytes(long address, long count) {
        Optional<Section> section = section(address);
        if (section.isEmpty()) {
            return new byte[0];
        }
        long offset = address - section.get().address().value();
        int size = (int) Math.min(count, section.get().size() - offset);
        byte[] content = contents.get(section.get());
        return content == null ? new byte[size] : Arrays.copyOfRange(content, (int) offset, (int) offset + size);
    }

    Optional<Long> word(long address) {
        byte[] bytes = bytes(address, Long.BYTES);
        return bytes.length < Long.BYTES
                ? Optional.empty()
                : Optional.of(java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong());
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

    /** What the loader looks up for a word; empty where it looks up nothing. */
    Optional<ElfSymbol> symbol(Relocation relocation) {
        return relocation.symbolIndex() == 0
                ? Optional.empty()
                : Optional.of(elf.dynamicSymbols().get(relocation.symbolIndex()));
    }

    /** The address that the loader writes, where that is one of the object itself. */
    Optional<Long> pointer(Relocation relocation) {
        if (relocation.type().equals(RelocationType.RELATIVE) || relocation.type().equals(RelocationType.IRELATIVE)) {
            return Optional.of(relocation.addend());
        }
        return symbol(relocation).filter(symbol -> symbol.isDefined() && symbol.type() != SymbolType.TLS)
                .map(symbol -> symbol.value() + relocation.addend());
    }
}
