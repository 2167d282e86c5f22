package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.plan.Neighbours;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Takes patches out of force in one stop, and their memory back where no thread can be in it. */
public final class RevertOperation {
    private final Consistency consistency;
    private final Session session;
    private final long deadline;

    private RevertOperation(Consistency consistency, Session session, long deadline) {
        this.consistency = consistency;
        this.session = session;
        this.deadline = deadline;
    }

    /**
     * Reverts a patch.
     *
     * @param memory of the process
     */
    public static Outcome run(int pid, long startTime, PatchId id, Consistency consistency, TraceeMemory memory) {
        return run(pid, startTime, consistency, memory, new Refusal.NotApplied(id.shortForm()),
                (registry, image) -> registry.active().reversed().stream()
                        .filter(candidate -> candidate.patch().id().equals(id)).limit(1).toList());
    }

    /**
     * Reverts all patches of a library.
     *
     * @param memory of the process
     */
    public static Outcome runAll(int pid, long startTime, String library, Consistency consistency,
            TraceeMemory memory) {
        return run(pid, startTime, consistency, memory, new Refusal.NoPatches(library),
                (registry, image) -> Neighbours.of(registry, image, library));
    }

    /** Which patches are meant; oldest first. */
    private interface Choice {
        List<Registry.Entry> of(Registry registry, ProcessImage image);
    }

    private static Outcome run(int pid, long startTime, Consistency consistency, TraceeMemory memory, Refusal none,
            Choice choice) {
        long began = System.nanoTime();
        try (Session session = Session.open(pid, startTime, memory)) {
            return new RevertOperation(consistency, session, began + consistency.timeout().toNanos()).run(began, none,
                    choice);
        }
    }

    private Outcome run(long began, Refusal none, Choice choice) {
        if (session.image().stub().isEmpty()) {
            throw new RefusedException(session.pid(), none);
        }
        Registry recovered = Recovery.run(session, session.readRegistry(), consistency.maxPause(), deadline);
        List<Registry.Entry> entries = choice.of(recovered, session.image());
        if (entries.isEmpty()) {
            throw new RefusedException(session.pid(), none);
        }
        Registry registry = Stale.retire(session, recovered, entries);
        List<Refusal> refusals = Neighbours.against(registry, entries);
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        Leaving leaving = new Leaving(session, registry, entries);
        Stops.Done done = commit(leaving);
        boolean unloaded = leaving.finish(consistency.level() != Consistency.Level.NONE, deadline);
        if (consistency.level() != Consistency.Level.NONE) {
            Leftovers.unload(session, session.readRegistry(), consistency.maxPause(), deadline);
        }
        return new Outcome(Outcome.Kind.REVERTED, session.pid(), leaving.ids().getFirst(),
                leaving.functions().stream().map(FunctionRecord::name).distinct().toList(), done.figures().threads(),
                done.figures().duration(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), Duration.ofNanos(System.nanoTime() - began), done.attempts(), done.released(),
                false, unloaded, leaving.ids());
    }

    private Stops.Done commit(Leaving leaving) {
        List<Change> changes = new ArrayList<>(leaving.marks());
        changes.addAll(leaving.changes(Set.of()));
        CodeRanges forbidden = CodeRanges
                .of(consistency.level() == Consistency.Level.NONE ? List.of() : leaving.forbidden());
        return new Stops(session, changes, leaving.functions(), forbidden, consistency).untilDone(deadline);
    }
}
