package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The symbols of an object, either those for the dynamic loader or all of them. Reading is lazy, and no symbol is kept:
 * each query reads the bytes. Names are looked up through the object's own hash table if it has one, else through an
 * index that the first look-up builds. Thread-safe.
 *
 * <p>Every method but {@link #size()} throws {@link MalformedElfException} when it meets a malformed symbol.
 */
public final class SymbolTable {
    private static final int SHN_LORESERVE = 0xff00;
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_COMMON = 0xfff2;
    private static final int SHN_XINDEX = 0xffff;

    private final SymbolNames symbols;
    private final Lazy<VersionTable> versions;
    private final Lazy<NameLookup> lookup;
    /** Section numbers that do not fit into a symbol ({@code SHT_SYMTAB_SHNDX}); four bytes for each symbol. */
    private final ByteTable largeSections;
    private final Lazy<AddressIndex> addresses;

    SymbolTable(SymbolNames symbols, Lazy<VersionTable> versions, Lazy<NameLookup> lookup, ByteTable largeSections) {
        this.symbols = symbols;
        this.versions = versions;
        this.lookup = lookup;
        this.largeSections = largeSections;
        this.addresses = new Lazy<>(() -> new AddressIndex(symbols));
    }

    /** How many entries there are, including entry 0, which is never a symbol. */
    public int size() {
        return symbols.count();
    }

    /**
     * An entry of the table.
     *
     * @param index its number, as relocations use it
     * @throws MalformedElfException for a number that is not in {@code 0 … size() - 1}: it came from a relocation
     */
    public ElfSymbol get(int index) {
        if (index < 0 || index >= symbols.count()) {
            throw new MalformedElfException(symbols.entries().source(), symbols.entries().base(),
                    "a symbol " + Integer.toUnsignedString(index) + ", which a relocation names",
                    "a table of " + symbols.count());
        }
        return make(index, symbols.name(index));
    }

    /** All entries in their order, entry 0 included. */
    public Stream<ElfSymbol> stream() {
        StringTable.Keeper names = symbols.strings().passer();
        return IntStream.range(0, symbols.count())
                .mapToObj(index -> make(index, names.string(symbols.nameOffset(index))));
    }

    /**
     * The symbol that a reference without a version gets: defined here and not hidden by its version. Global symbols
     * precede weak ones, weak ones local ones; then the first counts.
     */
    public Optional<ElfSymbol> find(String name) {
        VersionTable table = versions.get();
        int[] best = {-1, Integer.MAX_VALUE};
        lookup.get().visit(RawText.encode(name), index -> {
            int rank = symbols.section(index) == 0 || table.isHidden(index) ? Integer.MAX_VALUE : rank(index);
            if (rank < best[1]) {
                best[0] = index;
                best[1] = rank;
            }
            return rank == 0;
        });
        return best[0] < 0 ? Optional.empty() : Optional.of(make(best[0], name));
    }

    /** The symbol that is defined here under a name and a version, default or not. */
    public Optional<ElfSymbol> find(String name, String version) {
        return matches(name,
                symbol -> symbol.isDefined() && symbol.version().map(SymbolVersion::name).equals(Optional.of(version)))
                .stream().findFirst();
    }

    /**
     * All symbols of a name: {@code static} functions of several source files, or the versions of one symbol. Undefined
     * symbols are found only if the object has no GNU hash table, which does not hold them.
     */
    public List<ElfSymbol> findAll(String name) {
        return matches(name, symbol -> true);
    }

    private List<ElfSymbol> matches(String name, Predicate<ElfSymbol> wanted) {
        List<ElfSymbol> found = new ArrayList<>();
        lookup.get().visit(RawText.encode(name), index -> {
            ElfSymbol symbol = make(index, name);
            if (wanted.test(symbol)) {
                found.add(symbol);
                ReadLimits.check(symbols.entries().source(), entryOffset(index), found.size(),
                        ReadLimits.LONGEST_CHAIN, "symbols of one name");
            }
            return false;
        });
        return List.copyOf(found);
    }

    /**
     * The function or variable whose memory contains an address. If there are several, the one that begins last counts,
     * then functions before data, global before weak before local. A symbol without size reaches up to the next one,
     * unless a symbol with a size contains the address. The first query builds an index with 20 bytes per symbol.
     */
    public Optional<ElfSymbol> containing(LinkAddress address) {
        int index = addresses.get().find(address.value());
        return index < 0 ? Optional.empty() : Optional.of(get(index));
    }

    private int rank(int index) {
        return switch (SymbolBinding.ofInfo(symbols.info(index))) {
            case GLOBAL, GNU_UNIQUE -> 0;
            case WEAK -> 1;
            default -> 2;
        };
    }

    private ElfSymbol make(int index, String name) {
        int info = symbols.info(index);
        SectionIndex section = section(index);
        Optional<SymbolVersion> version = versions.get().version(index,
                !(section instanceof SectionIndex.Undefined));
        return new ElfSymbol(name, version, symbols.value(index), symbols.size(index), SymbolType.ofInfo(info),
                SymbolBinding.ofInfo(info), SymbolVisibility.ofOther(symbols.other(index)), section);
    }

    private SectionIndex section(int index) {
        int stored = symbols.section(index);
        return switch (stored) {
            case 0 -> SectionIndex.Undefined.UNDEFINED;
            case SHN_ABS -> SectionIndex.Absolute.ABSOLUTE;
            case SHN_COMMON -> SectionIndex.Common.COMMON;
            case SHN_XINDEX -> new SectionIndex.Regular(largeSections.i32(index * 4L));
            default -> stored >= SHN_LORESERVE ? new SectionIndex.Reserved(stored) : new SectionIndex.Regular(stored);
        };
    }

    /** The value of an entry. */
    long value(int index) {
        return symbols.value(index);
    }

    /** Where an entry begins in the source of the object. */
    long entryOffset(int index) {
        return symbols.entries().base() + (long) index * SymbolNames.ENTRY_SIZE;
    }

    @Override
    public String toString() {
        return symbols.count() + " symbols";
    }
}
