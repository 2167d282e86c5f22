package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.cfi.FunctionRanges;
import dev.pulpo.elf.dwarf.AddressRange;
import java.lang.foreign.ValueLayout;
import java.util.Collection;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Code and data of a shared object as they will be once the dynamic loader has relocated them. Link addresses. */
final class PatchCode {
    private static final int WORD = 8;
    /** What GCC's start-up code, which is in every object, would tell of transactional memory, if anybody wanted it. */
    private static final String START_UP = "_ITM_registerTMCloneTable";

    private final ElfFile elf;
    /** What the loader writes where, as far as it is an address of the object itself. */
    private final NavigableMap<Long, Long> pointers = new TreeMap<>();
    private final Set<Long> startUp = new HashSet<>();
    private Optional<FunctionRanges> frames = Optional.empty();

    /** @throws MalformedElfException where its relocations are damaged */
    PatchCode(ElfFile elf) {
        this.elf = elf;
        relocations().forEach(relocation -> {
            long place = relocation.offset().value();
            if (isBased(relocation.type())) {
                pointers.put(place, relocation.addend());
            } else if (isSymbol(relocation.type())) {
                // The address is that of this object only where no other has the symbol, too; it may be.
                long addend = relocation.type().equals(RelocationType.ABSOLUTE_64) ? relocation.addend() : 0;
                symbol(relocation).filter(ElfSymbol::isDefined)
                        .ifPresent(symbol -> pointers.put(place, symbol.value() + addend));
                symbol(relocation).filter(symbol -> symbol.name().equals(START_UP))
                        .ifPresent(symbol -> startUp.add(place));
            }
        });
        elf.relativeRelocations().places().forEach(place -> pointers.put(place.value(), stored(place)));
    }

    private static boolean isBased(RelocationType type) {
        return type.equals(RelocationType.RELATIVE) || type.equals(RelocationType.IRELATIVE);
    }

    private static boolean isSymbol(RelocationType type) {
        return type.equals(RelocationType.GLOB_DAT) || type.equals(RelocationType.JUMP_SLOT)
                || type.equals(RelocationType.ABSOLUTE_64);
    }

    /** All that the loader does to the object before it runs any code of it, but for packed relocations. */
    Stream<Relocation> relocations() {
        return Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream());
    }

    /**
     * The symbol that a relocation refers to; empty where it refers to none.
     *
     * @throws MalformedElfException where there is no such symbol
     */
    Optional<ElfSymbol> symbol(Relocation relocation) {
        SymbolTable symbols = elf.dynamicSymbols();
        int index = relocation.symbolIndex();
        if (index < 0 || index >= Math.max(1, symbols.size())) {
            throw new MalformedElfException(elf.name(), relocation.offset().value(),
                    "a relocation that refers to one of " + symbols.size() + " symbols", "symbol " + index);
        }
        return index == 0 ? Optional.empty() : Optional.of(symbols.get(index));
    }

    /**
     * Whether only the start-up code reads this word. That code takes the address behind the initialised data, where there is
     * an empty table; any variable may be there, too.
     */
    boolean isStartUp(long address) {
        return startUp.contains(address);
    }

    private long stored(LinkAddress place) {
        try {
            return elf.at(place, WORD).i64();
        } catch (MalformedElfException notStored) {
            // In .bss, where it is zero.
            return 0;
        }
    }

    /** The word at an address: what the loader writes there, or what the file holds. */
    long word(long address) {
        Long pointer = pointers.get(address);
        return pointer == null ? stored(new LinkAddress(address)) : pointer;
    }

    /** Addresses of the object itself that words of the range hold. */
    Collection<Long> pointers(AddressRange range) {
        return pointers.tailMap(range.start().value()).entrySet().stream()
                .takeWhile(word -> range.contains(new LinkAddress(word.getKey()))).map(Map.Entry::getValue).toList();
    }

    boolean isCode(long address) {
        return elf.segments().stream().anyMatch(segment -> segment.type().equals(SegmentType.LOAD)
                && segment.isExecutable() && segment.contains(new LinkAddress(address)));
    }

    /** The name of a function or variable, or its address. */
    String name(long address) {
        LinkAddress place = new LinkAddress(address);
        return elf.symbolContaining(place).map(ElfSymbol::name).filter(name -> !name.isEmpty())
                .orElse(place.toString());
    }

    /** The function around an address; empty where nothing tells how long it is. */
    Optional<AddressRange> function(long address) {
        LinkAddress place = new LinkAddress(address);
        Optional<AddressRange> symbol = elf.symbolContaining(place).filter(found -> found.size() > 0)
                .map(PatchCode::range);
        return symbol.isPresent() || isLinkage(place) ? symbol : frames().containing(place);
    }

    private static AddressRange range(ElfSymbol symbol) {
        return new AddressRange(symbol.address(), symbol.address().plus(symbol.size()));
    }

    /** Whether it is among the stubs of the procedure linkage table, which one frame description covers together. */
    private boolean isLinkage(LinkAddress place) {
        return elf.sections().stream().anyMatch(section -> section.name().startsWith(".plt") && holds(section, place));
    }

    private static boolean holds(Section section, LinkAddress place) {
        return Long.compareUnsigned(place.value() - section.address().value(), section.size()) < 0;
    }

    private FunctionRanges frames() {
        if (frames.isEmpty()) {
            frames = Optional.of(FunctionRanges.of(elf));
        }
        return frames.get();
    }

    /** The variable around an address; where no symbol tells, a word. */
    AddressRange variable(long address) {
        LinkAddress place = new LinkAddress(address);
        return elf.symbolContaining(place).filter(found -> found.size() > 0).map(PatchCode::range)
                .orElseGet(() -> new AddressRange(place, place.plus(WORD)));
    }

    /** The bytes from an address to the end of its segment, or so many; none where there are none. */
    byte[] bytes(long address, long most) {
        Segment segment = elf.segments().stream().filter(each -> each.type().equals(SegmentType.LOAD)
                && each.contains(new LinkAddress(address))).findFirst().orElse(null);
        long stored = segment == null ? 0 : segment.address().value() + segment.fileSize() - address;
        long length = Math.min(stored, most);
        return length <= 0
                ? new byte[0]
                : elf.at(new LinkAddress(address), length).bytes(length).toArray(ValueLayout.JAVA_BYTE);
    }
}
