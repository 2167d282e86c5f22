package dev.pulpo.engine.apply;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Patches that are out of force and still loaded, because threads may have been in them then: after a revert that did not
 * wait for them, or when the work of a tool that died was taken back. Once no thread is in them, their memory is given back.
 */
final class Leftovers {
    private Leftovers() {}

    /**
     * Looks once, and unloads what no thread is in. What cannot be unloaded now stays for the next time.
     *
     * @param maxPause how long the look may stop the process
     */
    static void unload(Session session, Registry registry, Optional<Duration> maxPause, long deadline) {
        List<Registry.Entry> entries = registry.in(PatchRecord.State.REVERTED);
        if (entries.isEmpty()) {
            return;
        }
        try {
            new Stops(session, List.of(), List.of(), forbidden(session, entries),
                    new Consistency(Consistency.Level.FUNCTION_QUIESCENT, Duration.ZERO, maxPause))
                    .untilDone(System.nanoTime());
            for (Registry.Entry entry : entries) {
                if (System.nanoTime() - deadline > 0) {
                    session.message("reverted patches stay loaded: there was no time for all " + entries.size());
                    return;
                }
                String error = session.borrowing(registry, deadline,
                        calls -> Trampolines.unload(session, calls, entry));
                if (!error.isEmpty()) {
                    session.message("patch " + entry.patch().id().shortForm() + " stays loaded: " + error);
                }
            }
        } catch (BlockedException | PauseExceededException | BorrowedCallException | TargetBusyException busy) {
            session.message(entries.size() + " reverted patches stay loaded: " + busy.getMessage());
        }
    }

    /** All of the code of these patches, and the ways to it. */
    private static CodeRanges forbidden(Session session, List<Registry.Entry> entries) {
        List<CodeRanges.Range> ranges = new ArrayList<>();
        entries.forEach(entry -> ranges.addAll(Trampolines.rangesOf(entry.patch(), session.image())));
        return CodeRanges.of(ranges);
    }
}
