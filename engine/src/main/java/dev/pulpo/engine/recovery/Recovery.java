package dev.pulpo.engine.recovery;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.commit.Change;
import dev.pulpo.engine.commit.Changes;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.commit.QuiescenceRanges;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Cleans up after a tool that died, by {@link RecoveryRules}: undoes patches that were being applied, completes
 * reverts, each with its whole transaction. The session holds the lock, so no other tool works on the process.
 */
public final class Recovery {
    private Recovery() {}

    /**
     * Recovers this process, and the other processes of its transactions.
     *
     * @param maxPause the longest stop of a process
     */
    public static void run(Session session, Optional<Duration> maxPause) {
        Registry found = session.ledger().now();
        ofProcess(session, maxPause);
        TransactionPeers.recover(session, found, maxPause);
    }

    /** Recovers this process. */
    static void ofProcess(Session session, Optional<Duration> maxPause) {
        changeBack(session, maxPause);
        CallbackCalls.settleIfPossible(session);
    }

    private static void changeBack(Session session, Optional<Duration> maxPause) {
        Registry registry = session.ledger().now();
        if (registry.halfDone().isEmpty()) {
            return;
        }
        RecoveryRules.Remedy remedy = RecoveryRules.of(registry, session.memory(),
                TransactionPeers.asking(session.pid(), session.image().startTime()));
        List<FunctionRecord> functions = remedy.states().keySet().stream()
                .flatMap(record -> record.patch().functions().stream()).toList();
        // A thread inside a patch finishes there; the patch stays loaded.
        new CommitLoop(session, changes(session, remedy), functions, CodeRanges.of(overwritten(remedy)),
                new Consistency(Consistency.Level.NONE, Duration.ofSeconds(1), maxPause))
                .untilDone(session.deadline());
        remedy.states().forEach((record, state) -> {
            if (!record.patch().standsForRemoval()) {
                session.message("patch " + record.patch().id().shortForm()
                        + " was left half done by a tool that ended, and "
                        + (state == PatchRecord.State.ACTIVE ? "stays in force" : "was taken back"));
            }
        });
    }

    /**
     * The code that a returning detour overwrites while it is in use. A thread that returns into the changing bytes,
     * from a call or a signal handler, would crash.
     */
    private static List<CodeRanges.Range> overwritten(RecoveryRules.Remedy remedy) {
        return remedy.code().stream()
                .filter(undo -> !undo.function().isPrepared()
                        && Arrays.equals(undo.found(), undo.function().original()))
                .map(undo -> QuiescenceRanges.changing(undo.function())).toList();
    }

    /** The changes in the order of writing: commit marks, then code, then states. */
    public static List<Change> changes(Session session, RecoveryRules.Remedy remedy) {
        List<Change> changes = new ArrayList<>();
        remedy.decided().forEach(
                record -> changes.add(Changes.ofMark(record, TransactionLink.Mark.OPEN, TransactionLink.Mark.DECIDED)));
        remedy.code().stream().filter(undo -> session.isCode(undo.function())).forEach(undo -> changes.add(
                Change.ofCode(undo.function().name(), undo.function().site(), undo.found(), undo.wanted())));
        remedy.states().forEach((record, state) -> changes.add(Changes.ofState(record, record.patch().state(), state)));
        return changes;
    }
}
