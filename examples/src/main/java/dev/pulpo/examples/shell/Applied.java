package dev.pulpo.examples.shell;

import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.TargetGoneException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What was applied here, so that it can be taken back. Thread-safe. */
final class Applied implements OperationListener {
    /**
     * A patch in a process.
     *
     * @param process also tells it from a later one with the same id
     */
    private record Patch(ProcessHandle process, PatchId id) {}

    private final List<Patch> patches = new ArrayList<>();

    @Override
    public synchronized void loaded(int pid, PatchId patch, Duration borrowed) {
        ProcessHandle.of(pid).ifPresent(process -> patches.add(new Patch(process, patch)));
    }

    /**
     * Reverts what is in force, newest first, and waits for threads inside of it for a second. What cannot be reverted stays
     * known.
     *
     * @return what was done, or why not, for people
     */
    synchronized List<String> undo() {
        List<String> done = new ArrayList<>();
        for (Patch patch : List.copyOf(patches).reversed()) {
            try {
                if (patch.process.isAlive()) {
                    undo(patch, done);
                }
                patches.remove(patch);
            } catch (TargetGoneException ended) {
                patches.remove(patch);
            } catch (PulpoException e) {
                done.add(e.getMessage());
            }
        }
        return done;
    }

    private static void undo(Patch patch, List<String> done) {
        try (LiveProcess process = LiveProcess.attach((int) patch.process.pid())) {
            if (process.patches().stream().anyMatch(applied -> applied.id().equals(patch.id)
                    && applied.status() != AppliedPatch.Status.NOT_IN_FORCE)) {
                done.add(process.takeBack(patch.id).toString());
            }
        }
    }
}
