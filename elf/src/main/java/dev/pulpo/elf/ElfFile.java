package dev.pulpo.elf;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An ELF64 object: a file, or its image in the memory of a process. Reading is lazy: opening reads only the header and
 * the program headers; everything else is read on demand and kept. Thread-safe.
 *
 * <p>Addresses are link addresses in both views. A memory image has no section headers, so whatever comes from sections
 * ({@link #sections()}, {@link #symbols()}, {@link #debugLink()}, {@link #patchableFunctionEntries()}) is empty there.
 *
 * <p>Every method throws {@link MalformedElfException} when it meets malformed bytes. Names of the format's parts are
 * those of the System V gABI; extensions are cited where they occur.
 */
public final class ElfFile implements AutoCloseable {
    /** The section in which gcc and clang list the entries that {@code -fpatchable-function-entry} has prepared. */
    public static final String PATCHABLE_ENTRIES = "__patchable_function_entries";

    private final ElfView view;
    private final @Nullable MappedFile owned;
    private final Lazy<List<Section>> sections;
    private final Lazy<DynamicTable> dynamic;
    private final Lazy<SymbolTable> dynamicSymbols;
    private final Lazy<SymbolTable> symbols;
    private final Lazy<List<Note>> notes;
    private final Lazy<List<LinkAddress>> patchable;

    private ElfFile(ElfView view, @Nullable MappedFile owned) {
        this.view = view;
        this.owned = owned;
        this.sections = new Lazy<>(() -> SectionTable.read(view));
        this.dynamic = new Lazy<>(this::readDynamic);
        this.dynamicSymbols = new Lazy<>(this::readDynamicSymbols);
        this.symbols = new Lazy<>(() -> firstSection(SectionType.SYMTAB)
                .map(section -> SymbolTables.of(view, sections(), section)).orElseGet(() -> SymbolTables.empty(view)));
        this.notes = new Lazy<>(this::readNotes);
        this.patchable = new Lazy<>(() -> PatchableEntries.read(this));
    }

    /**
     * Opens a file; {@link #close()} unmaps it.
     *
     * @throws IOException if it cannot be opened or mapped
     */
    public static ElfFile open(Path file) throws IOException {
        return of(ByteSource.map(file), ReadLimits.USER);
    }

    /**
     * An object in a file that is mapped; {@link #close()} unmaps it.
     *
     * @throws MalformedElfException if it is not an ELF object; the file is unmapped then
     */
    public static ElfFile of(MappedFile mapped, ReadLimits limits) {
        return of(mapped, limits, new InflatedSections.Budget(limits));
    }

    private static ElfFile of(MappedFile mapped, ReadLimits limits, InflatedSections.Budget budget) {
        try {
            return new ElfFile(new ElfView(mapped, mapped.name(), 0, null, limits, budget), mapped);
        } catch (RuntimeException failure) {
            mapped.close();
            throw failure;
        }
    }

    /** Another file about this object; both share one limit for inflated sections. */
    ElfFile with(MappedFile mapped, ReadLimits limits) {
        return of(mapped, limits, view.inflated().budget());
    }

    /**
     * An object in a source. The source remains the caller's: closing the object does not close it.
     *
     * @param name what to call it in messages
     */
    public static ElfFile of(ByteSource source, String name) {
        return of(source, name, ReadLimits.USER);
    }

    /**
     * As {@link #of(ByteSource, String)}, with limits for reading.
     *
     * @param name what to call it in messages
     */
    public static ElfFile of(ByteSource source, String name, ReadLimits limits) {
        return new ElfFile(new ElfView(source, name, 0, null, limits, new InflatedSections.Budget(limits)), null);
    }

    /**
     * An object in the memory of a process.
     *
     * @param memory   its memory, addressed by link address: offset x of the source is the byte at x + bias in the
     *                 process. So for an executable with fixed addresses the first offsets are unreadable.
     * @param name     what to call it in messages, whose offsets are then link addresses
     * @param header   where its ELF header is; 0 except for an executable with fixed addresses
     * @param loadBias what the dynamic loader added to the link addresses, in bytes
     */
    public static ElfFile ofImage(ByteSource memory, String name, LinkAddress header, long loadBias) {
        return new ElfFile(new ElfView(memory, name, header.value(), new ElfView.Image(loadBias), ReadLimits.PROCESS,
                new InflatedSections.Budget(ReadLimits.PROCESS)), null);
    }

    /** What it is called in messages. */
    public String name() {
        return view.name();
    }

    /** The limits for reading it. */
    public ReadLimits limits() {
        return view.limits();
    }

    /** Its bytes. */
    public ByteSource source() {
        return view.source();
    }

    /** Whether it is the memory of a process and not a file. */
    public boolean isImage() {
        return view.isImage();
    }

    public ElfHeader header() {
        return view.header();
    }

    /** The program headers in their order. */
    public List<Segment> segments() {
        return view.segments();
    }

    /** The sections in their order, including the unused section 0; empty if there are no section headers. */
    public List<Section> sections() {
        return sections.get();
    }

    /** The first section of a name. */
    public Optional<Section> section(String name) {
        return sections().stream().filter(section -> section.name().equals(name)).findFirst();
    }

    /** The sections of a type, in their order. */
    public List<Section> sections(SectionType type) {
        return sections().stream().filter(section -> section.type().equals(type)).toList();
    }

    private Optional<Section> firstSection(SectionType type) {
        return sections().stream().filter(section -> section.type().equals(type)).findFirst();
    }

    /**
     * The content of a section, inflated if it is compressed (zlib, zstd); empty if the file holds none of it. Offsets in
     * errors about inflated bytes count from the beginning of the content.
     */
    public ByteCursor data(Section section) {
        ByteCursor raw = rawData(section);
        return SectionData.isCompressed(section) ? view.inflated().get(section, raw) : raw;
    }

    /** The bytes of a section as they are stored; none if the file holds none of it. */
    public ByteCursor rawData(Section section) {
        return SymbolTables.table(view, section).cursor();
    }

    /**
     * Bytes by their link address. They must be stored together, and in a file they must be stored at all: what the
     * loader fills with zeros ({@code .bss}) is not.
     *
     * @throws MalformedElfException if they are not
     */
    public ByteCursor at(LinkAddress address, long length) {
        return view.tableAtAddress(address.value(), length, "bytes").cursor();
    }

    /** Where the byte at a link address is stored in the file; empty if it is not ({@code .bss}, gaps). */
    public Optional<FileOffset> fileOffset(LinkAddress address) {
        return view.fileOffset(address);
    }

    /** Where a byte of the file is loaded: the first address if there are two, empty if it is not loaded. */
    public Optional<LinkAddress> linkAddress(FileOffset offset) {
        return view.linkAddress(offset);
    }

    /** The path of the dynamic loader ({@code PT_INTERP}). */
    public Optional<String> interpreter() {
        return view.segment(SegmentType.INTERPRETER).map(segment -> stored(segment).string());
    }

    /** The dynamic table; empty if there is none. */
    public DynamicTable dynamic() {
        return dynamic.get();
    }

    /** The symbols for the dynamic loader ({@code DT_SYMTAB}), with versions. */
    public SymbolTable dynamicSymbols() {
        return dynamicSymbols.get();
    }

    /** All symbols ({@code .symtab}); empty in a stripped file. */
    public SymbolTable symbols() {
        return symbols.get();
    }

    /**
     * The function or variable that contains an address: from {@link #symbols()}, else {@link #dynamicSymbols()}. A
     * symbol without size does not reach beyond its section: the linkage table follows {@code _init}, and does not belong
     * to it.
     */
    public Optional<ElfSymbol> symbolContaining(LinkAddress address) {
        Optional<ElfSymbol> found = symbols().containing(address);
        return (found.isPresent() ? found : dynamicSymbols().containing(address))
                .filter(symbol -> symbol.size() > 0 || !isOutside(symbol.sectionIndex(), address));
    }

    private boolean isOutside(SectionIndex index, LinkAddress address) {
        return index instanceof SectionIndex.Regular regular && regular.number() < sections().size()
                && !sections().get(regular.number()).contains(address);
    }

    /** The relocations of data ({@code DT_RELA}). */
    public RelocationTable dynamicRelocations() {
        return relocationTable(DynamicTag.RELA, DynamicTag.RELASZ);
    }

    /** The relocations of the procedure linkage table ({@code DT_JMPREL}). */
    public RelocationTable pltRelocations() {
        return relocationTable(DynamicTag.JMPREL, DynamicTag.PLTRELSZ);
    }

    /** The packed relative relocations ({@code DT_RELR}). */
    public RelativeRelocations relativeRelocations() {
        return new RelativeRelocations(relocationBytes(DynamicTag.RELR, DynamicTag.RELRSZ, Long.BYTES),
                limits().entries());
    }

    private RelocationTable relocationTable(DynamicTag place, DynamicTag size) {
        return new RelocationTable(relocationBytes(place, size, RelocationTable.ENTRY_SIZE));
    }

    private ByteTable relocationBytes(DynamicTag place, DynamicTag size, int entrySize) {
        long bytes = dynamic().value(size).orElse(0);
        ReadLimits.check(name(), dynamic().address(place).map(LinkAddress::value).orElse(0L),
                Long.divideUnsigned(bytes, entrySize), limits().entries(), "relocations");
        return dynamic().table(place, bytes, "relocations");
    }

    /**
     * The relocations of a section of type {@link SectionType#RELA}.
     *
     * @throws IllegalArgumentException for a section of another type
     */
    public RelocationTable relocations(Section section) {
        if (!section.type().equals(SectionType.RELA)) {
            throw new IllegalArgumentException(section.name() + " is of type " + section.type());
        }
        return new RelocationTable(
                view.entries(section, RelocationTable.ENTRY_SIZE, limits().entries(), "relocations"));
    }

    /** The notes, in their order. */
    public List<Note> notes() {
        return notes.get();
    }

    /** The build-id ({@code NT_GNU_BUILD_ID}). */
    public Optional<BuildId> buildId() {
        return notes().stream().filter(note -> note.isGnu(BuildId.NOTE_TYPE)).findFirst()
                .map(note -> BuildId.read(bytes(note), note.descriptor().byteSize()));
    }

    /** The GNU properties, such as fitness for IBT and shadow stacks; empty if the object has none. */
    public GnuProperties properties() {
        List<GnuProperties.Property> properties = new ArrayList<>();
        notes().stream().filter(note -> note.isGnu(GnuProperties.NOTE_TYPE))
                .forEach(note -> GnuProperties.read(bytes(note), properties));
        return new GnuProperties(properties);
    }

    /** The name of the separate debug file ({@code .gnu_debuglink}). */
    public Optional<DebugLink> debugLink() {
        return section(DebugLink.SECTION).filter(Section::hasBytes).map(section -> DebugLink.read(data(section)));
    }

    /** The name of the supplementary debug file ({@code .gnu_debugaltlink}). */
    public Optional<DebugAltLink> debugAltLink() {
        return section(DebugAltLink.SECTION).filter(Section::hasBytes)
                .map(section -> DebugAltLink.read(data(section))).or(() -> supplement(false));
    }

    /** The id by which other files refer to this one as their supplementary file. */
    public Optional<BuildId> supplementaryId() {
        return supplement(true).map(DebugAltLink::buildId).or(this::buildId);
    }

    private Optional<DebugAltLink> supplement(boolean supplementary) {
        return section(DebugAltLink.SUPPLEMENT).filter(Section::hasBytes)
                .flatMap(section -> DebugAltLink.readSupplement(data(section), supplementary));
    }

    /**
     * The first nops of the functions that were compiled with {@code -fpatchable-function-entry}, sorted
     * ({@code __patchable_function_entries}, relocated to a load bias of zero).
     */
    public List<LinkAddress> patchableFunctionEntries() {
        return patchable.get();
    }

    ElfView view() {
        return view;
    }

    private ByteCursor bytes(Note note) {
        return ByteCursor.of(note.descriptor(), name() + " (note of type " + note.type() + ")", 0);
    }

    private ByteCursor stored(Segment segment) {
        return isImage()
                ? view.tableAtAddress(segment.address().value(), segment.memorySize(), "segment").cursor()
                : view.atOffset(segment.offset().value(), segment.fileSize(), "segment");
    }

    private DynamicTable readDynamic() {
        Optional<Segment> segment = view.segment(SegmentType.DYNAMIC);
        // A separate debug file has the program headers of its object, but its sections have no bytes.
        boolean absent = segment.isEmpty() || sections().stream()
                .anyMatch(section -> section.type().equals(SectionType.NOBITS) && section.isAllocated()
                        && section.size() != 0 && section.address().equals(segment.get().address()));
        return absent ? DynamicTable.empty(view) : DynamicTable.read(view, stored(segment.get()));
    }

    private SymbolTable readDynamicSymbols() {
        if (dynamic().address(DynamicTag.SYMTAB).isPresent()) {
            return SymbolTables.dynamic(view, dynamic(), sections(), dynamicRelocations(), pltRelocations());
        }
        return firstSection(SectionType.DYNSYM).map(section -> SymbolTables.of(view, sections(), section))
                .orElseGet(() -> SymbolTables.empty(view));
    }

    private List<Note> readNotes() {
        List<Note> all = new ArrayList<>();
        List<Section> stored = sections(SectionType.NOTE);
        // Try sections first: in a separate debug file the offsets of the segments are wrong.
        for (Section section : stored) {
            Note.read(rawData(section), section.alignment(), all);
        }
        if (stored.isEmpty()) {
            for (Segment segment : segments()) {
                if (segment.type().equals(SegmentType.NOTE)) {
                    Note.read(stored(segment), segment.alignment(), all);
                }
            }
        }
        return List.copyOf(all);
    }

    /** Closes the file if this object opened it; slices of it fail afterwards. */
    @Override
    public void close() {
        view.inflated().close();
        if (owned != null) {
            owned.close();
        }
    }

    @Override
    public String toString() {
        return "ELF " + header().type() + " " + name();
    }
}
