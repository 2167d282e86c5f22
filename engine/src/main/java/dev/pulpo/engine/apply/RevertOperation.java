package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.plan.Neighbours;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.List;

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
                (registry, image) -> Departing.newest(registry, id).stream().toList());
    }

    /**
     * Reverts patches, all or none.
     *
     * @param ids    at least one
     * @param memory of the process
     * @throws RefusedException where one of them is not applied
     */
    public static Outcome run(int pid, long startTime, List<PatchId> ids, Consistency consistency,
            TraceeMemory memory) {
        return run(pid, startTime, consistency, memory, new Refusal.NotApplied(ids.getFirst().shortForm()),
                Departing.all(pid, ids));
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

    private static Outcome run(int pid, long startTime, Consistency consistency, TraceeMemory memory, Refusal none,
            Departing.Choice choice) {
        long began = System.nanoTime();
        try (Session session = Session.open(pid, startTime, memory)) {
            return new RevertOperation(consistency, session, began + consistency.timeout().toNanos()).run(began, none,
                    choice);
        }
    }

    private Outcome run(long began, Refusal none, Departing.Choice choice) {
        Departing departing = Departing.of(session, none, choice, consistency, deadline);
        if (consistency.level() == Consistency.Level.PER_THREAD) {
            return byThread(departing.registry(), departing.entries());
        }
        Leaving leaving = new Leaving(session, departing.registry(), departing.entries());
        Stops.Done done = leaving.go(0, List.of(), consistency, deadline);
        return outcome(session, leaving, done, finish(session, leaving, consistency, deadline), began);
    }

    /**
     * Records that patches are out of force, and gives their memory back where no thread can be in it, and that of others
     * that was left.
     *
     * @return whether all of their memory was given back
     */
    static boolean finish(Session session, Leaving leaving, Consistency consistency, long deadline) {
        boolean unloaded = leaving.finish(consistency.level() != Consistency.Level.NONE, deadline);
        if (consistency.level() != Consistency.Level.NONE) {
            Leftovers.unload(session, session.readRegistry(), consistency.maxPause(), deadline);
        }
        return unloaded;
    }

    /** What there is to tell of them. */
    static Outcome outcome(Session session, Leaving leaving, Stops.Done done, boolean unloaded, long began) {
        return new Outcome(Outcome.Kind.REVERTED, session.pid(), leaving.ids().getFirst(),
                leaving.functions().stream().map(FunctionRecord::name).distinct().toList(), done.figures().threads(),
                done.figures().duration(), done.figures().scheduling().name(), session.longestStop(),
                session.borrowed(), Duration.ofNanos(System.nanoTime() - began), done.attempts(), done.released(),
                false, unloaded, leaving.ids());
    }

    private Outcome byThread(Registry registry, List<Registry.Entry> entries) {
        if (entries.size() > 1) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    entries.size() + " patches are to go out of force in the same stop"));
        }
        Registry.Entry entry = entries.getFirst();
        String patch = "patch " + entry.patch().id().shortForm();
        if (!entry.patch().hasGates()) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    patch + " was not applied so, and has no gates"));
        }
        if (entry.patch().functions().stream().anyMatch(function -> leadsAstray(registry, entry, function))) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    "what was before " + patch + " has been taken back since"));
        }
        if (entry.patch().functions().stream().anyMatch(function -> !Leaving.stands(session, function))) {
            throw new RefusedException(session.pid(), new Refusal.NotByThread(
                    patch + " is not what all its functions lead to"));
        }
        ThreadWord word = ThreadWord.of(session, registry, deadline);
        Changeover changeover = new Changeover(session, registry, entry, word, consistency, deadline);
        changeover.begin(Transition.Direction.FROM_PATCH);
        return changeover.await();
    }

    /** Whether the gate of a function leads to another patch, or its own code, than the one that comes back into force. */
    private static boolean leadsAstray(Registry registry, Registry.Entry entry, FunctionRecord function) {
        return registry.newestWithout(List.of(entry), function.entry())
                .map(other -> !other.replacement().equals(function.before()))
                .orElseGet(() -> !isOwn(entry, function));
    }

    /** Whether the gate of a function leads to its own code: right behind its entry, or to where that has been moved. */
    private static boolean isOwn(Registry.Entry entry, FunctionRecord function) {
        TrampolineBlock block = entry.patch().trampolines();
        return function.isPrepared()
                ? function.before().equals(function.site().plus(function.original().length))
                : block.start().compareTo(function.before()) <= 0 && function.before().compareTo(block.end()) < 0;
    }
}
