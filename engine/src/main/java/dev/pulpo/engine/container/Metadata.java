package dev.pulpo.engine.container;

import dev.pulpo.elf.BuildId;
import dev.pulpo.engine.PatchId;
import java.util.List;

/**
 * What a container says of itself (section {@code .ulp}).
 *
 * @param id           the patch
 * @param targetBuild  the build-id of the only target that it fits
 * @param target       the target's file name
 * @param functions    what it replaces
 * @param dependencies patches that must be applied before
 * @param references   places that receive addresses of the target's variables
 */
public record Metadata(PatchId id, BuildId targetBuild, String target, List<FunctionPair> functions,
        List<PatchId> dependencies, List<DataReference> references) {
    public Metadata {
        functions = List.copyOf(functions);
        dependencies = List.copyOf(dependencies);
        references = List.copyOf(references);
    }
}
