package dev.pulpo.engine.load;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.TrampolineMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Leftover patches: out of force and still loaded, because a thread may have been in them. Reverts that do not wait for
 * threads leave them, and recovery. They are unloaded once no thread is in them.
 */
public final class LeftoverPatches {
    private LeftoverPatches() {}

    /**
     * Looks once, and unloads the patches that no thread is in. The others stay for a later operation.
     *
     * @param maxPause the longest stop of the process
     * @param deadline after which no further patch is unloaded
     */
    public static void unload(Session session, Optional<Duration> maxPause, long deadline) {
        List<Registry.StoredRecord> records = session.ledger().now().in(PatchRecord.State.REVERTED);
        if (records.isEmpty()) {
            return;
        }
        try {
            new CommitLoop(session, List.of(), List.of(), forbidden(session, records),
                    new Consistency(Consistency.Level.FUNCTION_QUIESCENT, Duration.ZERO, maxPause))
                    .untilDone(System.nanoTime());
            for (Registry.StoredRecord record : records) {
                if (System.nanoTime() - deadline > 0) {
                    session.message("reverted patches stay loaded: there was no time for all " + records.size());
                    return;
                }
                String error = session.borrowing(deadline,
                        calls -> TrampolineMemory.unload(session, calls, record));
                if (!error.isEmpty()) {
                    session.message("patch " + record.patch().id().shortForm() + " stays loaded: " + error);
                }
            }
        } catch (BlockedException | PauseExceededException | BorrowedCallException | TargetBusyException busy) {
            session.message(records.size() + " reverted patches stay loaded: " + busy.getMessage());
        }
    }

    private static CodeRanges forbidden(Session session, List<Registry.StoredRecord> records) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        records.forEach(record -> ranges.addAll(TrampolineMemory.rangesOf(record.patch(), session.image())));
        return CodeRanges.of(ranges);
    }
}
