package dev.pulpo.engine.apply;

import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.HalfDone;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.SystemCallException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** What a transaction has written into one process, and what undoes it as long as it is not decided. */
final class TransactionRecords {
    private final Session session;
    private final Consistency consistency;
    private final Ties ties;
    private final List<Registry.Entry> entries;

    /** @param entries that have the number of the transaction */
    TransactionRecords(Session session, Consistency consistency, Ties ties, List<Registry.Entry> entries) {
        this.session = session;
        this.consistency = consistency;
        this.ties = ties;
        this.entries = entries;
    }

    /** Whether anything has still to be undone or completed. */
    boolean isHalfDone() {
        return session.readRegistry().halfDone().stream().map(Registry.Entry::patch).anyMatch(
                patch -> patch.ties().transaction() == ties.transaction()
                        || patch.ties().leaving() == ties.transaction());
    }

    /** Writes how far the transaction is; in the first of its processes, and as DECIDED, that is the decision. */
    void mark(Ties.Mark mark) {
        entries.forEach(entry -> Registry.setMark(session.memory(), entry, mark));
    }

    /** Whether it has been marked; false where the process has ended. */
    boolean isMarked() {
        try {
            return session.readRegistry().unsettled().stream()
                    .anyMatch(entry -> entry.patch().ties().transaction() == ties.transaction());
        } catch (SystemCallException | TargetUnreadableException gone) {
            return false;
        }
    }

    /**
     * Undoes what has been done in a stop, as long as it is not decided, in a stop as well: what came goes, and what went
     * comes back into force.
     *
     * @param until when the time for threads to leave is over
     * @return whether all memory of what came was given back
     * @throws BlockedException where threads stood in the way; everything is as before then, and the next tool undoes it
     */
    boolean takeBack(long until) {
        Registry now = session.readRegistry();
        HalfDone.Remedy remedy = HalfDone.undoing(now, session.memory(), ties.transaction());
        Leaving going = new Leaving(session, now, in(remedy, State.REVERTED));
        List<Registry.Entry> returning = in(remedy, State.ACTIVE);
        boolean quiescent = consistency.level() != Consistency.Level.NONE;
        List<CodeRanges.Range> forbidden = new ArrayList<>(quiescent ? going.forbidden() : List.of());
        returning.forEach(entry -> forbidden.addAll(replacedBy(now, entry, remedy)));
        new Stops(session, Recovery.changes(session, remedy), functions(remedy), CodeRanges.of(forbidden), consistency)
                .untilDone(until);
        returning.forEach(entry -> session.message("patch " + entry.patch().id().shortForm()
                + " stays in force, because of another process"));
        return going.ids().isEmpty() || going.finish(quiescent, until);
    }

    /** The code in whose place a patch comes back. */
    private List<CodeRanges.Range> replacedBy(Registry now, Registry.Entry entry, HalfDone.Remedy remedy) {
        Set<FunctionRecord> changing = remedy.code().stream().map(HalfDone.Undo::function).collect(Collectors.toSet());
        List<FunctionRecord> functions = entry.patch().functions().stream().filter(changing::contains).toList();
        return functions.isEmpty()
                ? List.of()
                : OldCode.of(consistency.level(), session, now, session.object(entry.patch().target()), functions);
    }

    private static List<Registry.Entry> in(HalfDone.Remedy remedy, State state) {
        return remedy.states().entrySet().stream().filter(entry -> entry.getValue() == state).map(Map.Entry::getKey)
                .toList();
    }

    private static List<FunctionRecord> functions(HalfDone.Remedy remedy) {
        return remedy.states().keySet().stream().flatMap(entry -> entry.patch().functions().stream()).toList();
    }
}
