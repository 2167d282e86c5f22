package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Transition;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.plan.Neighbours;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TrampolineBlock;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
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
                (registry, image) -> newest(registry, id).stream().toList());
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
                (registry, image) -> {
                    List<Refusal> missing = ids.stream().filter(id -> newest(registry, id).isEmpty())
                            .<Refusal>map(id -> new Refusal.NotApplied(id.shortForm())).toList();
                    if (!missing.isEmpty()) {
                        throw new RefusedException(pid, missing);
                    }
                    return ids.stream().distinct().flatMap(id -> newest(registry, id).stream())
                            .sorted(Comparator.comparingLong(entry -> entry.patch().sequence())).toList();
                });
    }

    private static Optional<Registry.Entry> newest(Registry registry, PatchId id) {
        return registry.active().reversed().stream().filter(candidate -> candidate.patch().id().equals(id)).findFirst();
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
        Registry found = Recovery.run(session, session.readRegistry(), consistency.maxPause(), deadline);
        Registry recovered = found.transition().isPresent() ? Stale.retire(session, found, found.active()) : found;
        recovered.transition().ifPresent(other -> {
            throw new RefusedException(session.pid(), new Refusal.InTransition(other.patch().id()));
        });
        List<Registry.Entry> entries = choice.of(recovered, session.image());
        if (entries.isEmpty()) {
            throw new RefusedException(session.pid(), none);
        }
        Registry registry = Stale.retire(session, recovered, entries);
        List<Refusal> refusals = Neighbours.against(registry, entries);
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        if (consistency.level() == Consistency.Level.PER_THREAD) {
            return byThread(registry, entries);
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
        return registry.active().reversed().stream().filter(other -> !other.equals(entry))
                .flatMap(other -> other.patch().functions().stream())
                .filter(other -> other.entry().equals(function.entry()))
                .findFirst()
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

    private Stops.Done commit(Leaving leaving) {
        leaving.tie(0);
        List<Change> changes = new ArrayList<>(leaving.marks());
        changes.addAll(leaving.changes(Set.of()));
        CodeRanges forbidden = CodeRanges
                .of(consistency.level() == Consistency.Level.NONE ? List.of() : leaving.forbidden());
        return new Stops(session, changes, leaving.functions(), forbidden, consistency).untilDone(deadline);
    }
}
