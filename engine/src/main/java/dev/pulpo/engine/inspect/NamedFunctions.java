package dev.pulpo.engine.inspect;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.SymbolVersion;
import dev.pulpo.elf.mangled.CxxNames;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.TargetMemory;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The functions of a process that a name may mean.
 *
 * <p>Callers get the first exported definition in the loader's order, and functions that are not exported are searched for only
 * where there is none. But a function of the program that it does not export is as likely to be meant as one that a library
 * exports under the same name; so is what the compiler has made of such a function ({@link SymbolSources#renamed}). A patch has
 * functions of the same names as its target: they are meant only if there are no others.
 */
public final class NamedFunctions {
    private static final String PROCESS = "the process";

    private final ProcessImage image;
    private final List<LoadedObject> own;
    private final List<LoadedObject> patches;

    /** A function, and the object with it. */
    public record Named(LoadedObject object, ElfSymbol symbol) {}

    public NamedFunctions(ProcessImage image, TargetMemory memory) {
        this.image = image;
        List<PatchRecord> records = image.stub().map(stub -> Registry.read(image.pid(), memory, stub)).stream()
                .flatMap(registry -> registry.records().stream()).map(Registry.StoredRecord::patch)
                .filter(patch -> patch.state() != PatchRecord.State.UNLOADED).toList();
        Map<Boolean, List<LoadedObject>> byPatch = image.inLookupOrder(0).stream().collect(Collectors
                .partitioningBy(object -> records.stream().anyMatch(patch -> object.contains(patch.start()))));
        own = Objects.requireNonNull(byPatch.get(false));
        patches = Objects.requireNonNull(byPatch.get(true));
    }

    /**
     * All that may be meant; one at least.
     *
     * @param name a symbol, or a name of C++ as people know it ({@link CxxNames})
     * @throws RefusedException where the process has no function of that name
     */
    public List<Named> all(String name) {
        return oneAtLeast(name, Stream.of(own, patches).map(objects -> found(objects, symbol(objects, name))));
    }

    /**
     * The symbol of the one function of these objects that a name of C++ stands for; the name itself if it is a symbol, or
     * stands for none.
     *
     * @throws RefusedException where it stands for several
     */
    public String symbol(List<LoadedObject> objects, String name) {
        if (objects.stream().anyMatch(object -> !symbols(object).functions(name).isEmpty())) {
            return name;
        }
        List<String> meant = SymbolSources.meant(objects.stream().map(this::symbols), name);
        if (meant.size() > 1) {
            throw ambiguous(name, meant.stream());
        }
        return meant.isEmpty() ? name : meant.getFirst();
    }

    /**
     * As {@link #all}, of all objects: for names that tell more, such as a version or a file.
     *
     * @param name without what it tells more
     */
    public List<Named> anywhere(String name) {
        return oneAtLeast(name, Stream.of(own, patches).map(objects -> objects.stream()
                .flatMap(object -> Stream.concat(named(object, symbols(object).functions(name)),
                        named(object, symbols(object).local(name))))
                .toList()));
    }

    private List<Named> oneAtLeast(String name, Stream<List<Named>> some) {
        return some.filter(found -> !found.isEmpty()).findFirst().orElseThrow(() -> missing(name));
    }

    private RefusedException missing(String name) {
        List<String> renamed = own.stream().flatMap(object -> symbols(object).renamed(name).stream())
                .map(ElfSymbol::name).distinct().toList();
        return new RefusedException(image.pid(), renamed.isEmpty()
                ? new Refusal.UnknownFunction(PROCESS, name,
                        NearestNames.to(name, own.stream().flatMap(object -> symbols(object).names())))
                : new Refusal.RenamedFunction(PROCESS, name, renamed));
    }

    /** The refusal where several are meant, told as the caller knows them. */
    public RefusedException ambiguous(String name, Stream<String> places) {
        return new RefusedException(image.pid(), new Refusal.AmbiguousFunction(PROCESS, name, places.toList()));
    }

    private List<Named> found(List<LoadedObject> objects, String name) {
        List<Named> exported = exported(objects, name);
        return exported.isEmpty()
                ? objects.stream().flatMap(object -> named(object, symbols(object).local(name))).toList()
                : Stream.concat(namesakes(exported.getFirst().object, name), exported.stream()).toList();
    }

    /** The first definition in the loader's order: of several versions, those that a reference without a version gets. */
    public static List<Named> exported(List<LoadedObject> objects, String name) {
        return objects.stream().map(object -> {
            List<ElfSymbol> all = SymbolSources.exported(object.elf(), name);
            List<ElfSymbol> usual = all.stream()
                    .filter(symbol -> symbol.version().filter(SymbolVersion::isDefault).isPresent()).toList();
            return named(object, usual.isEmpty() ? all : usual).toList();
        }).filter(found -> !found.isEmpty()).findFirst().orElse(List.of());
    }

    private Stream<Named> namesakes(LoadedObject exporting, String name) {
        return image.program().filter(program -> own.contains(exporting) && !program.equals(exporting)).stream()
                .flatMap(program -> {
                    List<ElfSymbol> local = symbols(program).local(name);
                    return named(program, local.isEmpty() ? symbols(program).renamed(name) : local);
                });
    }

    private static Stream<Named> named(LoadedObject object, List<ElfSymbol> symbols) {
        return symbols.stream().map(symbol -> new Named(object, symbol));
    }

    private SymbolSources symbols(LoadedObject object) {
        return SymbolSources.of(image, object);
    }
}
