package dev.pulpo.engine.plan;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.Registry;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What patches of one process have to do with each other: which belong to a library, and which need which. */
public final class Neighbours {
    private Neighbours() {}

    /**
     * The active patches of a library, oldest first.
     *
     * @param library its path, file name or SONAME; {@code exe} is the program. It need not be loaded any more.
     */
    public static List<Registry.Entry> of(Registry registry, ProcessImage image, String library) {
        Set<String> loaded = image.named(library).stream().map(LoadedObject::path).collect(Collectors.toSet());
        return registry.active().stream()
                .filter(entry -> loaded.contains(entry.patch().target())
                        || fileName(entry.patch().target()).equals(fileName(library)))
                .toList();
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Reasons against taking patches back: others, which stay, that depend on them. */
    public static List<Refusal> against(Registry registry, List<Registry.Entry> leaving) {
        return registry.active().stream()
                .filter(entry -> !leaving.contains(entry))
                .<Refusal>flatMap(entry -> leaving.stream().map(other -> other.patch().id())
                        .filter(entry.patch().dependencies()::contains)
                        .map(id -> new Refusal.NeededByOther(id, entry.patch().id())))
                .toList();
    }

    /** Dependencies that are not met. */
    static List<Refusal> missing(PatchId patch, List<PatchId> dependencies, Predicate<PatchId> isInForce) {
        return dependencies.stream().filter(isInForce.negate())
                .<Refusal>map(dependency -> new Refusal.MissingDependency(patch, dependency)).toList();
    }
}
