package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.HalfDone;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Cleans up after a tool that died in the middle, as {@link HalfDone} says: a patch that was being applied is undone, one that
 * was being reverted is reverted, and each together with all that came or went with it. The lock of the session says that
 * nobody else is still at it.
 */
final class Recovery {
    private Recovery() {}

    /**
     * Finishes whatever is half done, here and in the processes with which it was to be done. Returns the registry as it is
     * afterwards.
     *
     * @param maxPause how long that may stop the process at a time
     */
    static Registry run(Session session, Registry registry, Optional<Duration> maxPause, long deadline) {
        Registry recovered = ofProcess(session, registry, maxPause, deadline);
        return Siblings.seeTo(session, registry, recovered, maxPause);
    }

    /** Finishes whatever is half done here. */
    static Registry ofProcess(Session session, Registry registry, Optional<Duration> maxPause, long deadline) {
        if (registry.halfDone().isEmpty()) {
            return registry;
        }
        HalfDone.Remedy remedy = HalfDone.of(registry, session.memory(),
                Siblings.asking(session.pid(), session.image().startTime()));
        List<FunctionRecord> functions = remedy.states().keySet().stream()
                .flatMap(entry -> entry.patch().functions().stream()).toList();
        // Threads that a patch has already got finish in it; it stays loaded.
        new Stops(session, changes(session, remedy), functions, CodeRanges.of(overwritten(remedy)),
                new Consistency(Consistency.Level.NONE, Duration.ofSeconds(1), maxPause))
                .untilDone(deadline);
        remedy.states().forEach((entry, state) -> {
            if (!entry.patch().isDeparture()) {
                session.message("patch " + entry.patch().id().shortForm()
                        + " was left half done by a tool that ended, and "
                        + (state == PatchRecord.State.ACTIVE ? "stays in force" : "was taken back"));
            }
        });
        return session.readRegistry();
    }

    /**
     * Where a patch that went comes back, code runs that is about to be overwritten: a thread that would return among those
     * bytes, from a call or from a signal handler, would not survive it.
     */
    private static List<CodeRanges.Range> overwritten(HalfDone.Remedy remedy) {
        return remedy.code().stream()
                .filter(undo -> !undo.function().isPrepared()
                        && Arrays.equals(undo.found(), undo.function().original()))
                .map(undo -> OldCode.changing(undo.function())).toList();
    }

    /** What is to be written: what was decided, then code, then states. */
    static List<Change> changes(Session session, HalfDone.Remedy remedy) {
        List<Change> changes = new ArrayList<>();
        remedy.decided().forEach(entry -> changes.add(Changes.ofMark(entry, Ties.Mark.OPEN, Ties.Mark.DECIDED)));
        remedy.code().stream().filter(undo -> session.isCode(undo.function())).forEach(undo -> changes.add(
                Change.ofCode(undo.function().name(), undo.function().site(), undo.found(), undo.wanted())));
        remedy.states().forEach((entry, state) -> changes.add(Changes.ofState(entry, entry.patch().state(), state)));
        return changes;
    }
}
