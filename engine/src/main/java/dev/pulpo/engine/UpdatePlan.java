package dev.pulpo.engine;

import java.util.List;
import java.util.Optional;

/**
 * What brings a process to the builds that are installed, or why that cannot be done.
 *
 * @param pid     the process
 * @param name    its name
 * @param files   its outdated files
 * @param plans   patches that come into force in one stop; empty where there is nothing to do, or it cannot be done
 * @param refusals why all of them together cannot be applied; what stands against a single file is with that file
 */
public record UpdatePlan(int pid, String name, List<File> files, List<PatchPlan> plans, List<Refusal> refusals) {
    /** What holds for an outdated file. */
    public enum State {
        /** Nothing that the process runs has changed. */
        SAME,
        /** A patch in force gives the process the new build's code. */
        UPDATED,
        /** It can be updated. */
        POSSIBLE,
        /** It cannot be updated; a new start of the process would. */
        IMPOSSIBLE
    }

    /**
     * An outdated file.
     *
     * @param change what has changed; empty where that is unknown
     * @param reasons why it cannot be updated
     */
    public record File(OutdatedFile file, State state, Optional<FileChange> change, List<String> reasons) {
        public File {
            reasons = List.copyOf(reasons);
        }
    }

    public UpdatePlan {
        files = List.copyOf(files);
        plans = List.copyOf(plans);
        refusals = List.copyOf(refusals);
    }

    /** Whether the process runs all code as it is installed. */
    public boolean isUpToDate() {
        return files.stream().allMatch(file -> file.state() == State.SAME || file.state() == State.UPDATED);
    }

    /** Whether an update would bring it there. */
    public boolean isPossible() {
        return isUpToDate() || !plans.isEmpty();
    }
}
