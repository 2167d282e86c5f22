package dev.pulpo.engine.inspect;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.CodeLine;
import dev.pulpo.engine.CodePlace;
import dev.pulpo.engine.FunctionCode;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.x86.CodeAddress;
import dev.pulpo.x86.CodeBytes;
import dev.pulpo.x86.text.Disassembler;
import dev.pulpo.x86.text.Instruction;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/** Reads a function of a process, with names for what it leads to. Stops nothing. */
public final class FunctionReader {
    /** The largest function that is read, in bytes. */
    static final int LARGEST = 1 << 20;
    /** An entry of a procedure linkage table, in bytes (psABI, figure 5.2). */
    private static final int LINKAGE_ENTRY = 16;
    /** What names of sections with such tables begin with. */
    static final String LINKAGE = ".plt";
    /** The relocations of slots that hold an address (psABI, table 4.9). */
    private static final Set<RelocationType> FILLED = Set.of(RelocationType.GLOB_DAT, RelocationType.JUMP_SLOT);

    private final ProcessImage image;
    private final TraceeMemory memory;
    private final KnownCode code;
    private final Optional<Registry> registry;
    private final Map<ElfFile, Map<LinkAddress, String>> slots = new HashMap<>();

    public FunctionReader(ProcessImage image, TraceeMemory memory, KnownCode code) {
        this.image = image;
        this.memory = memory;
        this.code = code;
        this.registry = image.stub().map(stub -> Registry.read(image.pid(), memory, stub));
    }

    /** A function and where it is. */
    private record Found(LoadedObject object, String name, LinkAddress start, long size) {}

    /** What a record says of a function. */
    private record Patched(PatchRecord patch, FunctionRecord function) {}

    /**
     * Reads a function.
     *
     * @param wanted its name, or in hexadecimal an address inside of it
     * @throws RefusedException where there is no such function, or several
     */
    public FunctionCode read(String wanted) {
        Found found = find(wanted);
        if (found.size <= 0 || found.size > LARGEST) {
            throw refused(new Refusal.NotPatchable(wanted, found.size <= 0
                    ? "neither a symbol nor a frame description tells its size"
                    : "it has " + found.size + " bytes; at most " + LARGEST + " are read"));
        }
        RemoteAddress entry = found.object.toRemote(found.start);
        Optional<Patched> patched = patched(entry);
        long start = patched.map(by -> Math.min(by.function.site().value(), entry.value())).orElse(entry.value());
        long end = entry.value() + found.size;
        end = Math.max(end, patched.map(by -> by.function.site().value() + by.function.original().length).orElse(end));
        if (end - start > LARGEST + LINKAGE_ENTRY) {
            throw refused(new Refusal.NotPatchable(wanted, "its record names bytes far away from it"));
        }
        byte[] now = memory.bytes(new RemoteAddress(start), (int) (end - start));
        Optional<byte[]> before = patched.map(by -> {
            byte[] bytes = now.clone();
            byte[] original = by.function.original();
            System.arraycopy(original, 0, bytes, (int) (by.function.site().value() - start), original.length);
            return bytes;
        });
        return new FunctionCode(found.name, found.object.path(), entry, lines(found.object, start, now),
                before.map(bytes -> lines(found.object, start, bytes)).orElse(List.of()), patched.map(this::change));
    }

    private Found find(String wanted) {
        return wanted.startsWith("0x") ? around(address(wanted)) : named(wanted);
    }

    /**
     * Where a function begins.
     *
     * @param wanted as {@link #read} takes it
     */
    RemoteAddress entry(String wanted) {
        Found found = find(wanted);
        return found.object.toRemote(found.start);
    }

    /** The slots of an object through which its code calls a function: that hold its address, or will once they are used. */
    Set<LinkAddress> slotsOf(LoadedObject object, RemoteAddress entry) {
        return slots(object).entrySet().stream().filter(slot -> {
            long holds = memory.readLong(object.toRemote(slot.getKey()));
            boolean unused = object.contains(new RemoteAddress(holds)) && isLinkage(object, new RemoteAddress(holds));
            return holds == entry.value()
                    || unused && definition(slot.getValue()).filter(entry::equals).isPresent();
        }).map(Map.Entry::getKey).collect(Collectors.toSet());
    }

    private Optional<RemoteAddress> definition(String name) {
        return NamedFunctions.exported(image.inLookupOrder(0), name).stream().findFirst()
                .map(found -> found.object().toRemote(found.symbol().address()));
    }

    /** The entries of an object's procedure linkage tables that lead through one of these slots. */
    List<LinkAddress> linkage(LoadedObject object, Set<LinkAddress> through) {
        if (through.isEmpty()) {
            return List.of();
        }
        return object.elf().sections().stream().filter(section -> section.name().startsWith(LINKAGE))
                .flatMap(section -> LongStream.range(0, section.size() / LINKAGE_ENTRY)
                        .mapToObj(i -> section.address().plus(i * LINKAGE_ENTRY)))
                .filter(place -> leadThrough(object, place).anyMatch(through::contains)).toList();
    }

    private FunctionCode.Change change(Patched by) {
        return new FunctionCode.Change(by.patch.id(), by.patch.file(), name(by.function.replacement()),
                by.function.replacement());
    }

    private Stream<PatchRecord> patches() {
        return registry.stream().flatMap(records -> Stream.concat(records.active().stream(),
                records.transition().stream())).map(Registry.StoredRecord::patch);
    }

    private Optional<Patched> patched(RemoteAddress entry) {
        return patches()
                .flatMap(patch -> patch.functions().stream().filter(function -> function.entry().equals(entry))
                        .map(function -> new Patched(patch, function)))
                .reduce((older, newer) -> newer);
    }

    private List<CodeLine> lines(LoadedObject object, long start, byte[] bytes) {
        List<Instruction> all = new Disassembler().all(CodeBytes.at(new CodeAddress(start), bytes));
        Set<CodeAddress> targets = all.stream().flatMap(each -> each.target().stream()).collect(Collectors.toSet());
        return all.stream().map(each -> new CodeLine(each, line(object, new RemoteAddress(each.address().value())),
                targets.contains(each.address()), leadsTo(each))).toList();
    }

    private Optional<SourceLine> line(LoadedObject object, RemoteAddress address) {
        try {
            Optional<DebugInfo> info = code.info(image, object);
            return info.flatMap(known -> known.line(object.toLink(address)));
        } catch (MalformedElfException malformed) {
            // The instructions remain; that there are no lines shows that.
            return Optional.empty();
        }
    }

    private String leadsTo(Instruction instruction) {
        return instruction.target().or(instruction::pointer).map(to -> name(new RemoteAddress(to.value())))
                .orElse("");
    }

    /** A symbol for an address; a slot that the loader fills is called as what it is filled with. */
    private String name(RemoteAddress address) {
        Optional<LoadedObject> owner = image.containing(address);
        Optional<String> filled = owner.map(object -> slots(object).get(object.toLink(address)));
        if (filled.isPresent()) {
            return filled.get() + "@got";
        }
        CodePlace place = code.where(image, memory, address);
        if (!place.symbol().isEmpty()) {
            return place.symbol() + (place.offset() == 0 ? "" : "+0x" + Long.toHexString(place.offset()));
        }
        return owner.map(object -> linkage(object, address)).orElse("");
    }

    /** The symbols with whose addresses the loader fills the slots of an object. */
    private Map<LinkAddress, String> slots(LoadedObject object) {
        return slots.computeIfAbsent(object.elf(), elf -> {
            Map<LinkAddress, String> names = new HashMap<>();
            Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream())
                    .filter(relocation -> FILLED.contains(relocation.type()) && relocation.symbolIndex() > 0
                            && relocation.symbolIndex() < elf.dynamicSymbols().size())
                    .forEach(relocation -> names.put(relocation.offset(), symbol(elf, relocation)));
            return names;
        });
    }

    private static String symbol(ElfFile elf, Relocation relocation) {
        return elf.dynamicSymbols().get(relocation.symbolIndex()).name();
    }

    /** An entry of a procedure linkage table is called as what its slot is filled with. */
    private String linkage(LoadedObject object, RemoteAddress address) {
        return isLinkage(object, address)
                ? leadThrough(object, object.toLink(address))
                        .flatMap(slot -> Stream.ofNullable(slots(object).get(slot)))
                        .map(name -> name + "@plt").findFirst().orElse("")
                : "";
    }

    private static boolean isLinkage(LoadedObject object, RemoteAddress address) {
        LinkAddress place = object.toLink(address);
        return object.elf().sections().stream().filter(section -> section.contains(place))
                .map(Section::name).anyMatch(name -> name.startsWith(LINKAGE));
    }

    private static Stream<LinkAddress> leadThrough(LoadedObject object, LinkAddress entry) {
        byte[] bytes = CodeIndex.of(object.elf()).bytes(entry.value(), LINKAGE_ENTRY);
        return new Disassembler().all(CodeBytes.at(new CodeAddress(entry.value()), bytes)).stream()
                .flatMap(each -> each.pointer().stream()).map(slot -> new LinkAddress(slot.value()));
    }

    private RemoteAddress address(String text) {
        try {
            return new RemoteAddress(Long.parseUnsignedLong(text.substring(2), 16));
        } catch (NumberFormatException noNumber) {
            throw refused(new Refusal.NotPatchable(text, "it is no hexadecimal address"));
        }
    }

    private Found around(RemoteAddress address) {
        LoadedObject object = image.containing(address).orElseThrow(() -> refused(
                new Refusal.NotPatchable(address.toString(), "no object of the process is there")));
        LinkAddress place = object.toLink(address);
        Optional<ElfSymbol> symbol = SymbolSources.of(image, object).containing(place)
                .filter(each -> each.type().isFunction());
        Optional<AddressRange> range = CodeIndex.of(object.elf()).functions().containing(place);
        return symbol.map(each -> found(object, each)).or(() -> range.map(each -> new Found(object,
                object.toRemote(each.start()).toString(), each.start(), each.size())))
                .orElseThrow(() -> refused(new Refusal.NotPatchable(address.toString(),
                        "no function of " + object.path() + " is there")));
    }

    private static Found found(LoadedObject object, ElfSymbol symbol) {
        long size = symbol.size() > 0
                ? symbol.size()
                : CodeIndex.of(object.elf()).functions().startingAt(symbol.address()).map(AddressRange::size)
                        .orElse(0L);
        return new Found(object, symbol.name(), symbol.address(), size);
    }

    private Found named(String name) {
        NamedFunctions functions = new NamedFunctions(image, memory);
        List<NamedFunctions.Named> all = functions.all(name);
        if (all.size() > 1) {
            throw functions.ambiguous(name, all.stream().map(each -> each.symbol().versionedName() + " at "
                    + each.object().toRemote(each.symbol().address()) + " in " + each.object().path()));
        }
        return found(all.getFirst().object(), all.getFirst().symbol());
    }

    private RefusedException refused(Refusal refusal) {
        return new RefusedException(image.pid(), refusal);
    }
}
