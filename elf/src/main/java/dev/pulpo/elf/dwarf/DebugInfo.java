package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the compiler wrote down about an object (DWARF 2 to 5): functions, variables, layouts of types, lines. Opening
 * reads the headers of units; the first question by name or address goes over all entries once, on all processors; what
 * an answer holds is read when it is asked for. Safe for several threads.
 *
 * <p>A unit whose entries are malformed is left out of the index, so that it takes only the answers about itself away;
 * {@link #defects()} lists it. Every method throws {@link MalformedElfException} when it meets other malformed bytes.
 * Addresses are link addresses.
 */
public final class DebugInfo implements AutoCloseable {
    private final World world;
    private final List<ElfFile> owned;
    private final List<String> missing;
    private final Types types;
    private volatile @Nullable Indexed indexed;

    /** The index, and which unit and which function an address belongs to. */
    private record Indexed(Index index, RangeIndex code, RangeIndex units, List<Unit> all,
            List<MalformedElfException> defects) {}

    DebugInfo(World world, List<ElfFile> owned, List<String> missing) {
        this.world = world;
        this.owned = List.copyOf(owned);
        this.missing = List.copyOf(missing);
        this.types = new Types(world);
    }

    /**
     * What a file itself says; empty answers where it has no debug sections. The file stays the caller's, and has to stay
     * open.
     */
    public static DebugInfo of(ElfFile file) {
        World world = new World(file);
        world.add(new Sections(file, ""), null);
        return new DebugInfo(world, List.of(), List.of());
    }

    /**
     * What there is about an object: in it, or in its separate debug file; with the file that {@code dwz} made of common
     * parts, and with the files of split units ({@code .dwo}, or
     * {@code .dwp} next to the object).
     *
     * @param object the object; it stays the caller's, and has to stay open
     * @param path   its absolute path below the root of the search
     * @param files  where to look
     * @throws IOException where a file that exists cannot be read
     */
    public static DebugInfo open(ElfFile object, Path path, DebugFiles files) throws IOException {
        return new DebugLoader(object, path, files).load();
    }

    /** The files that the debug information refers to and that were not found. */
    public List<String> missing() {
        return missing;
    }

    /** What is wrong with the units that were left out. */
    public List<MalformedElfException> defects() {
        return indexed().defects();
    }

    /** The functions of a name, plain or as in the symbol table; those that were only declared do not count. */
    public List<FunctionInfo> functions(String name) {
        Index index = indexed().index();
        Set<Long> roots = new LinkedHashSet<>();
        for (long reference : index.functions.get(Index.key(name))) {
            if (Names.of(world.entry(reference)).has(name)) {
                roots.add(Names.root(world.entry(reference)));
            }
        }
        return roots.stream().map(this::function).toList();
    }

    /** The function whose own code, not an inlined copy, is at an address. */
    public Optional<FunctionInfo> functionAt(LinkAddress place) {
        OptionalLong found = indexed().code().find(place.value());
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(function(Names.root(world.entry(found.getAsLong()))));
    }

    private FunctionInfo function(long root) {
        Index index = indexed().index();
        Names names = Names.of(world.entry(root));
        List<FunctionInfo.Body> bodies = new ArrayList<>();
        for (long reference : index.bodies.get(root)) {
            EntryReader entry = world.entry(reference);
            List<AddressRange> ranges = Ranges.of(entry);
            // The first range is the one with the entry; GCC and clang write it so.
            bodies.add(new FunctionInfo.Body(ranges.getFirst().start(), ranges));
        }
        List<FunctionInfo.InlinedCopy> copies = new ArrayList<>();
        for (long reference : index.inlined.get(root)) {
            EntryReader entry = world.entry(reference);
            List<AddressRange> ranges = Ranges.of(entry);
            if (!ranges.isEmpty()) {
                copies.add(new FunctionInfo.InlinedCopy(nameOf(index.inlinedInto.get(reference)).orElse(""), ranges,
                        Names.place(entry, Dw.CALL_FILE, Dw.CALL_LINE)));
            }
        }
        return new FunctionInfo(names.name(), names.linkageName(), names.declaration(), names.external(), bodies,
                copies);
    }

    private Optional<String> nameOf(long[] function) {
        return function.length == 0 || function[0] < 0
                ? Optional.empty()
                : Optional.of(Names.of(world.entry(function[0])).name());
    }

    /** The global, static and thread-local variables of a name, plain or as in the symbol table. */
    public List<VariableInfo> variables(String name) {
        Index index = indexed().index();
        List<VariableInfo> found = new ArrayList<>();
        for (long reference : index.variables.get(Index.key(name))) {
            EntryReader entry = world.entry(reference);
            Names names = Names.of(entry);
            Optional<VariableLocation> location = VariableLocations.of(entry);
            if (names.has(name) && location.isPresent()) {
                found.add(new VariableInfo(names.name(), names.linkageName(), typeOf(entry), names.declaration(),
                        names.external(), nameOf(index.variableFunctions.get(reference)), location.get()));
            }
        }
        return found;
    }

    private String typeOf(EntryReader variable) {
        OptionalLong declared = variable.reference(Dw.SPECIFICATION);
        return types.nameOfTypeOf(
                variable.has(Dw.TYPE) || declared.isEmpty() ? variable : world.entry(declared.getAsLong()));
    }

    /**
     * The layout of a structure, class or union, or of what a {@code typedef} names.
     *
     * @param typeName plain or qualified ({@code a::b}), with or without the word before it; of several types of one name
     *                 the first counts
     */
    public Optional<StructLayout> layout(String typeName) {
        String name = typeName.replaceFirst("^(struct|class|union) ", "");
        for (long reference : indexed().index().types.get(Index.key(name))) {
            Optional<StructLayout> layout = types.layout(reference);
            if (layout.isPresent()) {
                return layout;
            }
        }
        return Optional.empty();
    }

    /** The line that the code at an address was made of. */
    public Optional<SourceLine> line(LinkAddress place) {
        Indexed known = indexed();
        OptionalLong unit = known.units().find(place.value());
        return unit.isEmpty()
                ? Optional.empty()
                : known.all().get((int) unit.getAsLong()).lines().find(place.value());
    }

    private Indexed indexed() {
        Indexed known = indexed;
        return known != null ? known : buildIndex();
    }

    private synchronized Indexed buildIndex() {
        Indexed known = indexed;
        if (known == null) {
            List<Unit> all = world.units();
            List<IndexedUnit> parts = all.parallelStream().map(IndexedUnit::of).toList();
            Index index = Index.merge(parts.stream().map(IndexedUnit::index).toList());
            RangeIndex.Builder units = new RangeIndex.Builder();
            for (int i = 0; i < parts.size(); i++) {
                units.add(parts.get(i).ranges(), i);
            }
            known = new Indexed(index, index.code.build(), units.build(), all,
                    parts.stream().flatMap(part -> part.defect().stream()).toList());
            indexed = known;
        }
        return known;
    }

    /** Gives back the files that {@link #open} opened. */
    @Override
    public void close() {
        owned.forEach(ElfFile::close);
    }
}
