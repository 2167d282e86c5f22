package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.SymbolTable;
import dev.pulpo.elf.TooLargeException;
import dev.pulpo.elf.expression.Evaluator;
import dev.pulpo.elf.expression.Expression;
import dev.pulpo.elf.expression.Location;
import java.io.IOException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The debug information of an object (DWARF 2 to 5): functions, variables, layouts of types, lines. Opening reads the
 * headers of units. The first query by name or address reads all entries once, on all processors; the content of an
 * answer is read on demand. Thread-safe.
 *
 * <p>A unit with a malformed header or entry is left out of the index, so that only answers about it are missing;
 * {@link #defects()} lists it. Every method throws {@link MalformedElfException} when it meets other malformed bytes.
 * Addresses are link addresses.
 */
public final class DebugInfo implements AutoCloseable {
    private final World world;
    private final List<ElfFile> owned;
    private final List<String> missing;
    private final ElfFile described;
    private volatile @Nullable PartNames partNames;
    private volatile @Nullable Indexed indexed;
    private @Nullable TooLargeException unusable;
    private volatile long @Nullable [] scoped;

    /** The index, and the unit and the function of each address. */
    private record Indexed(Index index, RangeIndex code, RangeIndex units, List<Unit> all,
            List<MalformedElfException> defects) {}

    /** @param described the file with the units, and with the symbols that belong to them */
    DebugInfo(ElfFile described, World world, List<ElfFile> owned, List<String> missing) {
        this.described = described;
        this.world = world;
        this.owned = List.copyOf(owned);
        this.missing = List.copyOf(missing);
    }

    /**
     * The debug information in a file; answers are empty if it has no debug sections. The file remains the caller's, and
     * must stay open.
     */
    public static DebugInfo of(ElfFile file) {
        World world = new World(file);
        world.add(new Sections(file, ""), null);
        return new DebugInfo(file, world, List.of(), List.of());
    }

    /**
     * All debug information of an object: in it, or in its separate debug file, with the file that {@code dwz} made of
     * common parts, and with the files of split units ({@code .dwo}, or {@code .dwp} next to the object).
     *
     * @param object the object; it remains the caller's, and must stay open
     * @param name   its name in the tree of the search
     * @param files  where to look
     * @throws IOException if a file that exists cannot be read
     */
    public static DebugInfo open(ElfFile object, String name, DebugFiles files) throws IOException {
        return new DebugLoader(object, name, files).load();
    }

    /** The files that the debug information refers to, but that were not found. */
    public List<String> missing() {
        return missing;
    }

    /** The defects of the units that were left out. */
    public List<MalformedElfException> defects() {
        return indexed().defects();
    }

    /** The functions of a name, plain or as in the symbol table, without mere declarations. */
    public List<FunctionInfo> functions(String name) {
        Index index = indexed().index();
        Work work = world.question();
        Set<Long> roots = new LinkedHashSet<>();
        for (long reference : index.functions.get(Index.key(name))) {
            if (Names.withoutPlace(world.entry(reference, work)).has(name)) {
                roots.add(Names.root(world.entry(reference, work)));
            }
        }
        return roots.stream().map(functions(work)::read).toList();
    }

    /** The function whose own code, not an inlined copy, is at an address. */
    public Optional<FunctionInfo> functionAt(LinkAddress place) {
        OptionalLong found = indexed().code().find(place.value());
        return found.isEmpty()
                ? Optional.empty()
                : Optional.of(functions(world.question()).read(Names.root(world.entry(found.getAsLong()))));
    }

    /**
     * All functions that have code or inlined copies, in no particular order. The stream reads them lazily, because a
     * large program has very many inlined copies.
     */
    public Stream<FunctionInfo> functions() {
        Indexed known = indexed();
        return known.index().functions.values().map(reference -> Names.root(world.entry(reference))).distinct()
                .mapToObj(root -> functions(world.question()).read(root));
    }

    /**
     * The source functions at an address: those inlined there, the innermost first, and last the one whose code it is.
     * Empty if nothing is known of the code.
     */
    public List<SourceFrame> frames(LinkAddress place) {
        OptionalLong found = indexed().code().find(place.value());
        return found.isEmpty()
                ? List.of()
                : SourceFrames.around(world.entry(found.getAsLong()), place, line(place));
    }

    /**
     * As {@link #frames}, with the parameters and variables that are in scope in each function at the address. The
     * compiler may have removed some.
     */
    public List<SourceScope> scopes(LinkAddress place) {
        return locals().scopes(place, frames(place));
    }

    /**
     * Where a variable is in a frame.
     *
     * @param variable one in scope at the frame's place, from {@link #scopes}
     */
    public Location locate(LocalVariable variable, MachineFrame frame) {
        return locals().locate(variable, frame);
    }

    /**
     * The value of a variable in a frame; of arrays and texts, the beginning.
     *
     * @param variable one in scope at the frame's place, from {@link #scopes}
     */
    public Value value(LocalVariable variable, MachineFrame frame) {
        return locals().value(variable, frame);
    }

    Locals locals() {
        Indexed known = indexed();
        return new Locals(world, known.index(), known.code(), world.question());
    }

    /** The symbol around an address, from the file that the debug information is in. */
    public Optional<ElfSymbol> symbolContaining(LinkAddress place) {
        return described.symbolContaining(place);
    }

    /** The symbol table of the file that the debug information is in. */
    public SymbolTable symbols() {
        return described.symbols();
    }

    /** The defined symbols of a name, from the file that the debug information is in. */
    public List<ElfSymbol> symbols(String name) {
        return described.symbols().findAll(name).stream().filter(ElfSymbol::isDefined).toList();
    }

    /** The parts of a function's code, with the symbols at their beginnings: aliases, clones, moved parts. */
    public List<FunctionPart> parts(FunctionInfo function) {
        PartNames known = partNames;
        if (known == null) {
            known = new PartNames(described);
            partNames = known;
        }
        return known.of(function);
    }

    private Functions functions(Work work) {
        Indexed known = indexed();
        return new Functions(world, known.index(), known.code(), work);
    }

    /** The global, static and thread-local variables of a name, plain or as in the symbol table. */
    public List<VariableInfo> variables(String name) {
        Work work = world.question();
        return LongStream.of(indexed().index().variables.get(Index.key(name)))
                .mapToObj(reference -> variable(reference, work))
                .flatMap(Optional::stream)
                .filter(variable -> variable.name().equals(name) || variable.linkageName().equals(name)).toList();
    }

    /** All global, static and thread-local variables with a place, in no particular order. */
    public List<VariableInfo> variables() {
        Work work = world.question();
        return indexed().index().variables.values().distinct().mapToObj(reference -> variable(reference, work))
                .flatMap(Optional::stream).toList();
    }

    private Optional<VariableInfo> variable(long reference, Work work) {
        Indexed known = indexed();
        EntryReader entry = world.entry(reference, work);
        work.spend(Work.KEPT);
        Names names = Names.of(entry);
        return VariableLocations.of(entry).map(location -> new VariableInfo(names.name(), names.linkageName(),
                typeOf(entry), names.declaration(), names.external(),
                functions(work).nameOf(known.index().variableFunctions.get(reference)), location));
    }

    /**
     * The variables of a name outside of functions, and static ones in functions: those with a place, and declarations,
     * constants and removed ones as well.
     *
     * @param name plain, qualified ({@code a::b}), or as in the symbol table
     */
    public List<GlobalVariable> globals(String name) {
        Work work = world.question();
        Index index = indexed().index();
        String last = name.substring(name.lastIndexOf("::") + 1).replaceFirst("^:", "");
        return LongStream.concat(LongStream.of(index.variables.get(Index.key(last))),
                LongStream.of(index.placeless.get(Index.key(last)))).distinct()
                .filter(reference -> Names.withoutPlace(world.entry(reference, work)).has(last))
                .filter(reference -> last.equals(name) || isQualified(world.entry(reference, work), name))
                .mapToObj(reference -> global(reference, work)).toList();
    }

    private static boolean isQualified(EntryReader entry, String name) {
        String whole = QualifiedNames.of(entry);
        return whole.equals(name) || whole.endsWith("::" + name);
    }

    /** The name of a variable with those of the namespaces and classes around it, as {@code a::b}. */
    public String qualifiedName(GlobalVariable variable) {
        return QualifiedNames.of(world.entry(variable.entry(), world.question()));
    }

    private GlobalVariable global(long reference, Work work) {
        Indexed known = indexed();
        EntryReader entry = world.entry(reference, work);
        work.spend(Work.KEPT);
        Names names = Names.of(entry);
        EntryReader root = entry.unit().entries(work);
        String unit = root.next() ? root.string(Dw.NAME).orElse("") : "";
        return new GlobalVariable(names.name(), names.linkageName(), unit, names.declaration(), names.external(),
                entry.flag(Dw.DECLARATION), functions(work).nameOf(known.index().variableFunctions.get(reference)),
                VariableLocations.of(entry), reference);
    }

    /**
     * The object that a variable is.
     *
     * @param variable one from {@link #globals}, not a declaration
     * @throws NoDataException where it has none, or the chosen thread has none
     */
    public DataObject object(GlobalVariable variable, DataMemory memory) {
        Work work = world.question();
        EntryReader entry = world.entry(variable.entry(), work);
        DataContext context = new DataContext(memory, world);
        Location location;
        if (variable.location().isPresent()) {
            location = new Location.Memory(switch (variable.location().get()) {
                case VariableLocation.Static fixed -> fixed.address().value() + memory.loadBias();
                case VariableLocation.PerThread own -> memory.threadLocal(own.offset());
            });
        } else if (entry.has(Dw.CONST_VALUE)) {
            location = Locals.constant(entry);
        } else {
            location = entry.block(Dw.LOCATION).filter(ByteCursor::hasRemaining)
                    .map(bytes -> Evaluator.locate(Expression.read(bytes, entry.unit().expressions()), context))
                    .orElseThrow(() -> new NoDataException("the compiler has removed it"));
        }
        return DataObject.of(data(memory), TypeNames.typeOf(world, variable.entry(), work), location);
    }

    /** The object at an address that has the type of a variable, such as of a declaration. */
    public DataObject objectAt(GlobalVariable variable, long address, DataMemory memory) {
        return DataObject.of(data(memory), TypeNames.typeOf(world, variable.entry(), world.question()),
                new Location.Memory(address));
    }

    private DataWorld data(DataMemory memory) {
        return new DataWorld(world, indexed().index(), memory);
    }

    private String typeOf(EntryReader variable) {
        OptionalLong declared = variable.reference(Dw.SPECIFICATION);
        return new Types(world, variable.work()).nameOfTypeOf(
                variable.has(Dw.TYPE) || declared.isEmpty() ? variable : variable.other(declared.getAsLong()));
    }

    /**
     * The layout of a structure, class or union, or of one that a {@code typedef} names.
     *
     * @param typeName plain or qualified ({@code a::b}), with or without the word before it; of several types of one name
     *                 the first counts
     */
    public Optional<StructLayout> layout(String typeName) {
        String name = typeName.replaceFirst("^(struct|class|union) ", "");
        Types types = new Types(world, world.question());
        for (long reference : indexed().index().types.get(Index.key(name))) {
            Optional<StructLayout> layout = types.layout(reference);
            if (layout.isPresent()) {
                return layout;
            }
        }
        return Optional.empty();
    }

    /** All definitions of a structure, union, enumeration or {@code typedef} of a name; see {@link #layout}. */
    public List<TypeLayout> types(String typeName) {
        String name = typeName.replaceFirst("^(struct|class|union|enum) ", "");
        String last = name.substring(name.lastIndexOf("::") + 1).replaceFirst("^:", "");
        return LongStream.of(indexed().index().types.get(Index.key(name)))
                .mapToObj(new Types(world, world.question())::describe)
                .flatMap(Optional::stream).filter(type -> type.name().equals(last)).distinct().toList();
    }

    /** All types that have a name and are defined, in no particular order. */
    public List<QualifiedType> types() {
        Work work = world.question();
        Types types = new Types(world, work);
        // A type is indexed by its name, and by its qualified name if that differs.
        Map<Long, long[]> keys = new TreeMap<>();
        indexed().index().types.forEach((key, reference) -> {
            work.spend(Work.KEPT);
            keys.merge(reference, new long[]{key}, (a, b) -> new long[]{a[0], b[0]});
        });
        return keys.entrySet().stream().flatMap(entry -> types.describe(entry.getKey())
                .map(type -> new QualifiedType(qualified(entry.getValue(), type.name()), type)).stream()).distinct()
                .toList();
    }

    /** The types that have a qualified name besides their own, sorted. */
    private long[] scoped() {
        long[] known = scoped;
        if (known == null) {
            long[] all = indexed().index().types.values().sorted().toArray();
            int count = 0;
            long[] twice = new long[all.length];
            for (int i = 1; i < all.length; i++) {
                if (all[i] == all[i - 1]) {
                    twice[count++] = all[i];
                }
            }
            known = Arrays.copyOf(twice, count);
            scoped = known;
        }
        return known;
    }

    private static long qualified(long[] keys, String name) {
        return keys[0] == Index.key(name) ? keys[keys.length - 1] : keys[0];
    }

    /** The definitions here of a type of another object, by its qualified name. */
    public List<TypeLayout> types(QualifiedType elsewhere) {
        LongStream found = LongStream.of(indexed().index().types.get(elsewhere.key()));
        boolean plain = elsewhere.key() == Index.key(elsewhere.type().name());
        return found.filter(reference -> !plain || Arrays.binarySearch(scoped(), reference) < 0)
                .mapToObj(new Types(world, world.question())::describe)
                .flatMap(Optional::stream).filter(type -> type.name().equals(elsewhere.type().name())).distinct()
                .toList();
    }

    /** The compiler runs that made the object. Those whose first entry is malformed are among the defects. */
    public List<CompiledUnit> units() {
        Work work = world.question();
        return world.units().stream().filter(unit -> !unit.header().isType()).map(unit -> describe(unit, work))
                .flatMap(Optional::stream).toList();
    }

    private static Optional<CompiledUnit> describe(Unit unit, Work work) {
        try {
            work.spend(Work.KEPT);
            EntryReader root = unit.entries(work);
            return root.next() && root.has(Dw.PRODUCER)
                    ? Optional.of(new CompiledUnit(root.string(Dw.NAME).orElse(""), unit.directory(),
                            root.string(Dw.PRODUCER).orElse(""), TypeNames.isPlain(root)))
                    : Optional.empty();
        } catch (TooLargeException tooLarge) {
            throw tooLarge;
        } catch (MalformedElfException malformed) {
            return Optional.empty();
        }
    }

    /**
     * The code of a source line.
     *
     * @param file a path, or as many of its last parts as tell it from others
     * @param line from 1
     * @return in ascending order
     */
    public List<AddressRange> code(String file, int line) {
        String ending = "/" + file;
        Work work = world.question();
        return world.units().parallelStream().filter(unit -> !unit.header().isType() && !unit.isSplit())
                .map(unit -> lines(unit, work.fork()))
                .flatMap(lines -> lines.code(path -> path.equals(file) || path.endsWith(ending), line).stream())
                .distinct()
                .sorted(Comparator.comparing(range -> range.start().value(), Long::compareUnsigned)).toList();
    }

    private static LineTable lines(Unit unit, Work work) {
        try {
            return unit.readLines(work);
        } finally {
            work.end();
        }
    }

    /** The source line of the code at an address. */
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
        if (known != null) {
            return known;
        }
        if (unusable != null) {
            throw unusable;
        }
        try {
            known = index();
        } catch (TooLargeException tooLarge) {
            // Remember it: the next query would take as long to fail.
            unusable = tooLarge;
            throw tooLarge;
        } catch (InternalError shorter) {
            // The page belongs to a truncated file (ByteSource.map).
            MalformedElfException truncated = new MalformedElfException(described.name(), 0,
                    "files that keep their length", "one that was truncated while it was read");
            truncated.initCause(shorter);
            throw truncated;
        }
        indexed = known;
        return known;
    }

    private Indexed index() {
        List<Unit> all = world.units();
        Work work = world.question();
        List<IndexedUnit> parts = all.parallelStream().map(unit -> IndexedUnit.of(unit, work.fork())).toList();
        Index index = Index.merge(parts.stream().map(IndexedUnit::index).toList());
        RangeIndex.Builder units = new RangeIndex.Builder();
        for (int i = 0; i < parts.size(); i++) {
            units.add(parts.get(i).ranges(), i);
        }
        List<MalformedElfException> defects = Stream.concat(world.defects().stream(),
                parts.stream().flatMap(part -> part.defect().stream())).toList();
        return new Indexed(index, index.code.build(), units.build(), all, defects);
    }

    /** Closes the files that {@link #open} opened. */
    @Override
    public void close() {
        owned.forEach(ElfFile::close);
    }

    @Override
    public String toString() {
        return "debug information of " + described.name();
    }
}
