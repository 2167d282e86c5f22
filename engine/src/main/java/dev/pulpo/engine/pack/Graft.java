package dev.pulpo.engine.pack;

import dev.pulpo.elf.DynamicTag;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SectionIndex;
import dev.pulpo.elf.SectionType;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SharedObjectWriter;
import dev.pulpo.elf.SharedObjectWriter.Access;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.PackReport;
import dev.pulpo.engine.container.DataReference;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A shared object that becomes part of another one. Position-independent code does not mind being moved: what it consists of
 * keeps its distances, and what the loader writes into it is asked for anew.
 */
public final class Graft {
    private static final int PAGE = 4096;
    /** {@code PF_X}. */
    private static final int EXECUTABLE = 1;
    /** What the other object has of its own. */
    private static final Set<SectionType> TABLES = Set.of(SectionType.DYNAMIC, SectionType.DYNSYM, SectionType.STRTAB,
            SectionType.HASH, SectionType.GNU_HASH, SectionType.RELA, SectionType.RELR, SectionType.GNU_VERSYM,
            SectionType.GNU_VERNEED, SectionType.GNU_VERDEF, SectionType.NOTE);
    private static final Set<RelocationType> KNOWN = Set.of(RelocationType.NONE, RelocationType.RELATIVE,
            RelocationType.GLOB_DAT, RelocationType.JUMP_SLOT, RelocationType.ABSOLUTE_64, RelocationType.DTPMOD64,
            RelocationType.DTPOFF64, RelocationType.TPOFF64, RelocationType.TLSDESC);
    private static final List<DynamicTag> CALLED = List.of(DynamicTag.INIT, DynamicTag.FINI);
    private static final Map<DynamicTag, DynamicTag> ARRAYS = Map.of(DynamicTag.INIT_ARRAY, DynamicTag.INIT_ARRAYSZ,
            DynamicTag.FINI_ARRAY, DynamicTag.FINI_ARRAYSZ);

    private final ElfFile object;
    private final Analysis analysis;
    private final List<Relocation> relocations;

    /** @param analysis of the object, as a patch that joins the other one */
    public Graft(ElfFile object, Analysis analysis) {
        this.object = object;
        this.analysis = analysis;
        relocations = Stream.concat(object.dynamicRelocations().stream(), object.pltRelocations().stream()).distinct()
                .toList();
    }

    /** The object. */
    public ElfFile object() {
        return object;
    }

    /** What is known of it. */
    public Analysis analysis() {
        return analysis;
    }

    /** The functions that other objects can find by their names: replacements, and callbacks. */
    public Set<String> exports() {
        return exported().map(ElfSymbol::name).collect(Collectors.toSet());
    }

    private Stream<ElfSymbol> exported() {
        return object.dynamicSymbols().stream().filter(symbol -> symbol.isDefined()
                && symbol.type() == SymbolType.FUNC && symbol.binding() != SymbolBinding.LOCAL);
    }

    /** What stands against it. */
    public List<Finding> findings() {
        List<Finding> findings = new ArrayList<>();
        relocations.stream().filter(relocation -> !KNOWN.contains(relocation.type())).map(Relocation::type).distinct()
                .forEach(type -> refuse(findings, "has relocations of type " + type));
        relocations.stream().filter(relocation -> section(relocation.offset()).filter(Section::isWritable).isEmpty())
                .findFirst().ifPresent(any -> refuse(findings, "has relocations in its code: compile it with -fPIC"));
        object.sections().stream().filter(Graft::isTaken)
                .filter(section -> section.alignment() > PAGE || section.isWritable() && section.isExecutable())
                .forEach(section -> refuse(findings, "has a section " + section.name()
                        + " that is aligned to more than a page, or both code and data"));
        relocations.stream().flatMap(relocation -> symbol(relocation).stream())
                .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.GNU_IFUNC).distinct()
                .forEach(symbol -> refuse(findings, "chooses " + symbol.name() + " while it is loaded"));
        if (object.segments().stream().anyMatch(segment -> segment.type().equals(SegmentType.GNU_STACK)
                && (segment.flags() & EXECUTABLE) != 0)) {
            refuse(findings, "needs an executable stack, as functions inside of functions do whose address is taken");
        }
        if (object.dynamic().rPath().isPresent() || object.dynamic().runPath().isPresent()) {
            refuse(findings, "has a search path for libraries, which a part of another object cannot have");
        }
        return findings;
    }

    private void refuse(List<Finding> findings, String what) {
        findings.add(new Finding(Check.REFERENCE, object.name() + " " + what, List.of()));
    }

    /** How much room it takes, in whole pages. */
    public long room() {
        return end(object);
    }

    /** Where the last page of an object ends: a link address. */
    public static long end(ElfFile file) {
        return file.segments().stream().filter(segment -> segment.type().equals(SegmentType.LOAD))
                .mapToLong(segment -> segment.address().value() + segment.memorySize()).max().orElse(0) + PAGE - 1
                & -PAGE;
    }

    /**
     * Puts it into the other object, without its call frame information.
     *
     * @param base    where it begins: a multiple of the size of a page
     * @param defined where the other object has what it uses of that ({@link Analysis#provided})
     * @return the places that receive addresses of the target
     */
    public List<DataReference> write(SharedObjectWriter writer, long base, ToLongFunction<String> defined) {
        object.sections().stream().filter(Graft::isTaken).forEach(section -> writer.part(section.name(),
                section.address().plus(base), bytes(section), access(section)));
        object.segments().stream().filter(segment -> segment.type().equals(SegmentType.TLS)).forEach(
                segment -> threadLocals(writer, segment, base));
        called(writer, base);
        object.dynamic().needed().forEach(writer::needed);
        Map<String, ElfSymbol> exports = exported().collect(Collectors.toMap(ElfSymbol::name, symbol -> symbol,
                (first, other) -> first));
        exports.values().forEach(symbol -> writer.export(symbol.name(), symbol.address().plus(base), symbol.size()));
        object.symbols().stream().filter(symbol -> symbol.sectionIndex() instanceof SectionIndex.Regular
                && (symbol.type() == SymbolType.FUNC || symbol.type() == SymbolType.OBJECT)
                && !exports.containsKey(symbol.name()))
                .forEach(symbol -> writer.symbol(symbol.name(), symbol.address().plus(base), symbol.size(),
                        symbol.type()));
        return new Fixups(writer, base, defined).write();
    }

    /** The values that thread-local variables begin with lie in a section; those that begin with zero take no room. */
    private static boolean isTaken(Section section) {
        boolean threadLocalZeros = (section.flags() & 0x400) != 0 && !section.hasBytes();
        return section.isAllocated() && section.size() > 0 && !threadLocalZeros && !TABLES.contains(section.type())
                && !section.name().startsWith(".eh_frame");
    }

    private byte[] bytes(Section section) {
        return section.hasBytes()
                ? object.rawData(section).bytes(section.size()).toArray(ValueLayout.JAVA_BYTE)
                : new byte[Math.toIntExact(section.size())];
    }

    private static Access access(Section section) {
        return section.isWritable() ? Access.WRITE : section.isExecutable() ? Access.EXECUTE : Access.READ;
    }

    private static void threadLocals(SharedObjectWriter writer, Segment segment, long base) {
        writer.threadLocals(segment.address().plus(base), segment.fileSize(), segment.memorySize(),
                segment.alignment());
    }

    /** What the loader calls (gABI, "Initialization and Termination Functions"). */
    private void called(SharedObjectWriter writer, long base) {
        CALLED.forEach(tag -> object.dynamic().value(tag).ifPresent(at -> writer.dynamic(tag, at + base)));
        ARRAYS.forEach((tag, size) -> object.dynamic().value(tag).ifPresent(at -> writer.dynamic(tag, at + base)
                .dynamic(size, object.dynamic().value(size).orElse(0))));
    }

    private Optional<Section> section(LinkAddress place) {
        return object.sections().stream().filter(section -> section.contains(place)).findFirst();
    }

    private Optional<ElfSymbol> symbol(Relocation relocation) {
        return relocation.symbolIndex() == 0
                ? Optional.empty()
                : Optional.of(object.dynamicSymbols().get(relocation.symbolIndex()));
    }

    /** What is written into its words. */
    private final class Fixups {
        private final SharedObjectWriter writer;
        private final long base;
        private final ToLongFunction<String> defined;
        private final Map<ElfSymbol, Integer> imports = new HashMap<>();
        private final Map<LinkAddress, PackReport.Reference> places;
        private final List<DataReference> references = new ArrayList<>();

        Fixups(SharedObjectWriter writer, long base, ToLongFunction<String> defined) {
            this.writer = writer;
            this.base = base;
            this.defined = defined;
            places = analysis.report().references().stream()
                    .collect(Collectors.toMap(PackReport.Reference::place, each -> each));
        }

        List<DataReference> write() {
            object.relativeRelocations().places().forEach(place -> relative(place,
                    object.at(place, Long.BYTES).i64()));
            relocations.forEach(this::write);
            places.values().forEach(each -> references.add(new DataReference(each.symbol(), each.symbol(), each.value(),
                    each.place().value() + base, each.threadLocal())));
            return references;
        }

        private void relative(LinkAddress place, long value) {
            writer.relocation(place.plus(base), RelocationType.RELATIVE, 0, value + base);
        }

        private void write(Relocation relocation) {
            LinkAddress place = relocation.offset();
            RelocationType type = relocation.type();
            if (places.containsKey(place)) {
                if (type.equals(RelocationType.TLSDESC)) {
                    // That it is a descriptor is known by its relocation; nothing defines the symbol.
                    relocate(place, type, writer.undefined(nobody(symbol(relocation).orElseThrow())), 0);
                }
            } else if (type.equals(RelocationType.DTPOFF64) && isSecondWord(place)
                    || type.equals(RelocationType.NONE)) {
                return;
            } else if (type.equals(RelocationType.RELATIVE)) {
                relative(place, relocation.addend());
            } else {
                symbol(relocation).ifPresentOrElse(symbol -> named(relocation, symbol),
                        () -> relocate(place, type, 0, relocation.addend()));
            }
        }

        private boolean isSecondWord(LinkAddress place) {
            return Optional.ofNullable(places.get(place.plus(-Long.BYTES))).filter(PackReport.Reference::threadLocal)
                    .isPresent();
        }

        private void named(Relocation relocation, ElfSymbol symbol) {
            LinkAddress place = relocation.offset();
            if (!symbol.isDefined() && analysis.provided().contains(symbol.name())) {
                writer.relocation(place.plus(base), RelocationType.RELATIVE, 0,
                        defined.applyAsLong(symbol.name()) + relocation.addend());
            } else if (!symbol.isDefined()) {
                boolean jump = relocation.type().equals(RelocationType.JUMP_SLOT);
                relocate(place, jump ? RelocationType.GLOB_DAT : relocation.type(),
                        imports.computeIfAbsent(symbol, writer::undefined), jump ? 0 : relocation.addend());
            } else if (symbol.type() == SymbolType.TLS) {
                relocate(place, relocation.type(), 0, symbol.value() + relocation.addend());
            } else {
                relative(place, symbol.value()
                        + (relocation.type().equals(RelocationType.JUMP_SLOT) ? 0 : relocation.addend()));
            }
        }

        private void relocate(LinkAddress place, RelocationType type, int symbol, long addend) {
            writer.relocation(place.plus(base), type, symbol, addend);
        }

        private ElfSymbol nobody(ElfSymbol symbol) {
            return new ElfSymbol(symbol.name(), Optional.empty(), 0, 0, symbol.type(), SymbolBinding.WEAK,
                    symbol.visibility(), SectionIndex.Undefined.UNDEFINED);
        }
    }
}
