package dev.pulpo.engine.plan;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import java.util.List;
import java.util.function.Predicate;

/** Relations between patches of one process: which belong to a library, and which depend on which. */
public final class PatchRelations {
    private PatchRelations() {}

    /**
     * The active patches of a library, oldest first.
     *
     * @param library its path, file name or SONAME; {@code exe} is the program. It may have been unloaded.
     */
    public static List<Registry.StoredRecord> of(Registry registry, ProcessImage image, String library) {
        List<LoadedObject> loaded = image.named(library);
        return registry.active().stream()
                .filter(record -> loaded.stream().anyMatch(object -> object.isNamed(record.patch().target()))
                        || fileName(record.patch().target()).equals(fileName(library)))
                .toList();
    }

    private static String fileName(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** Refusals to remove patches: remaining patches depend on them. */
    public static List<Refusal> against(Registry registry, List<Registry.StoredRecord> removed) {
        return registry.active().stream()
                .filter(record -> !removed.contains(record))
                .<Refusal>flatMap(record -> removed.stream().map(other -> other.patch().id())
                        .filter(record.patch().dependencies()::contains)
                        .map(id -> new Refusal.NeededByOther(id, record.patch().id())))
                .toList();
    }

    /** Dependencies that are not met. */
    static List<Refusal> missing(PatchId patch, List<PatchId> dependencies, Predicate<PatchId> isInForce) {
        return dependencies.stream().filter(isInForce.negate())
                .<Refusal>map(dependency -> new Refusal.MissingDependency(patch, dependency)).toList();
    }
}
