package dev.pulpo.engine;

import java.util.List;
import java.util.Optional;

/**
 * What patches have left in a process, as of one reading of it.
 *
 * @param patches      those that were applied and not reverted, oldest first
 * @param leftovers    those that were reverted and are still loaded, oldest first
 * @param shadows      shadow variables, counted by id
 * @param otherPatcher what another live patcher has put into the process
 */
public record PatchListing(List<AppliedPatch> patches, List<LeftoverPatch> leftovers, List<ShadowVariables> shadows,
        Optional<OtherPatcher> otherPatcher) {
    public PatchListing {
        patches = List.copyOf(patches);
        leftovers = List.copyOf(leftovers);
        shadows = List.copyOf(shadows);
    }
}
