package dev.pulpo.engine;

import java.util.List;

/**
 * Where a process stands with the patches of a store.
 *
 * @param pid     the process
 * @param name    its name in the kernel
 * @param user    the user's id
 * @param patches those that it should have, or has and should not have
 */
public record ProcessStanding(int pid, String name, int user, List<PatchStanding> patches) {
    public ProcessStanding {
        patches = List.copyOf(patches);
    }

    /** Whether everything is as it should be. */
    public boolean isRight() {
        return patches.stream().allMatch(patch -> patch.state().isRight());
    }
}
