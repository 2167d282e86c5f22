package dev.pulpo.engine.load;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.reach.LeftoverLook;
import dev.pulpo.engine.reach.Unloading;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.Tracee;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Leftover patches: out of force and still loaded, because something may have led into them. They are unloaded once nothing
 * can.
 */
public final class LeftoverPatches {
    private LeftoverPatches() {}

    /**
     * Unloads the patches that nothing leads into, unless they are to stay in any case; the others stay for a later
     * operation. The change that was asked for has
     * been made by then.
     *
     * @param maxPause the longest stop of the process
     * @param deadline after which no further patch is unloaded
     */
    @SuppressWarnings("try") // the phase is there to be closed
    public static void unload(Session session, Optional<Duration> maxPause, long deadline) {
        List<Registry.StoredRecord> records = LeftoverLook
                .triedAgain(session.ledger().now().in(PatchRecord.State.REVERTED));
        if (records.isEmpty()) {
            return;
        }
        try (Tracee.Span unloading = session.phase(Phase.UNLOAD)) {
            new Unloading(session, maxPause, deadline).run(records);
        } catch (BlockedException | BorrowedCallException | TargetBusyException busy) {
            session.message(records.size() + " reverted patches stay loaded: " + busy.getMessage());
        } catch (TargetGoneException gone) {
            throw gone;
        } catch (RuntimeException | Error failed) {
            throw CommitLoop.afterTheChange(session.pid(), failed);
        }
    }
}
