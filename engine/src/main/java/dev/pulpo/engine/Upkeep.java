package dev.pulpo.engine;

import dev.pulpo.engine.store.PatchEntry;
import dev.pulpo.engine.store.RunningBuilds;
import dev.pulpo.engine.target.TargetFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Compares processes with a {@link PatchStore}, and gives them what they should have. What is known of the store is read once,
 * when this is made. Thread-safe.
 *
 * <p>A process should have a patch if it runs the build that the patch is for: after an upgrade of the file, processes that
 * start with the new one no longer should. A build-id is a claim of the process; one that makes a false claim is given a patch
 * that its own plan then refuses.
 */
public final class Upkeep {
    private final List<StoredPatch> patches;
    private final Set<String> builds;
    private final RunningBuilds running;

    /** @throws IOException where the store cannot be read */
    public Upkeep(PatchStore store) throws IOException {
        this(store.patches(), new RunningBuilds());
    }

    private Upkeep(List<StoredPatch> patches, RunningBuilds running) {
        this.patches = List.copyOf(patches);
        this.builds = patches.stream().map(StoredPatch::build).collect(Collectors.toUnmodifiableSet());
        this.running = running;
    }

    /**
     * The same with the store as it is now; what is known of files is kept.
     *
     * @throws IOException where the store cannot be read
     */
    public Upkeep renewed(PatchStore store) throws IOException {
        return new Upkeep(store.patches(), running);
    }

    /** The same for these patches alone; others that processes should have are left as they are. */
    public Upkeep only(List<StoredPatch> some) {
        return new Upkeep(some, running);
    }

    /** The patches that processes are compared with. */
    public List<StoredPatch> patches() {
        return patches;
    }

    /**
     * What a restore has done.
     *
     * @param standing where the process stands now; where it has ended meanwhile, where it stood before
     * @param outcomes of the patches that were applied or reverted
     * @param failures why others were not, by patch. Whether a patch came into force that has a {@link
     *                 TargetGoneException} is not known
     * @param ended    whether the process has ended, or has executed another program
     */
    public record Restored(ProcessStanding standing, List<Outcome> outcomes, Map<PatchId, RuntimeException> failures,
            boolean ended) {
        public Restored {
            outcomes = List.copyOf(outcomes);
            failures = Map.copyOf(failures);
        }
    }

    /**
     * Where a process stands. Stops nothing and changes nothing.
     *
     * @return empty where it should have no patch of the store and has none, as most processes
     * @throws PulpoException where it has ended, or cannot be read
     */
    public Optional<ProcessStanding> look(int pid) {
        Concerned concerned = concerned(pid);
        if (concerned.patches.isEmpty()) {
            return Optional.empty();
        }
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return Optional.of(standing(process, concerned, new HashMap<>()))
                    .filter(standing -> !standing.patches().isEmpty());
        }
    }

    /** The patches for the builds that a process of this user runs. */
    private record Concerned(List<StoredPatch> patches, int user) {}

    private Concerned concerned(int pid) {
        if (patches.isEmpty()) {
            return new Concerned(List.of(), 0);
        }
        RunningBuilds.Builds found = TargetFault.explained(pid, file -> false, () -> running.of(pid));
        return new Concerned(found.ids().stream().noneMatch(builds::contains)
                ? List.of()
                : patches.stream().filter(patch -> found.ids().contains(patch.build())).toList(), found.user());
    }

    /** @param plans gets those of the patches that the process has not */
    private static ProcessStanding standing(LiveProcess process, Concerned concerned,
            Map<PatchId, PatchPlan> plans) {
        Map<PatchId, AppliedPatch> applied = new HashMap<>();
        process.patches().forEach(patch -> applied.put(patch.id(), patch));
        List<PatchStanding> standings = new ArrayList<>();
        for (StoredPatch patch : concerned.patches) {
            Optional<AppliedPatch> there = Optional.ofNullable(applied.get(patch.id()));
            Optional<String> objection = patch.objection(concerned.user);
            if (objection.isPresent() && (there.isPresent() || patch.state() == StoredPatch.State.ACCEPTED)) {
                standings.add(new PatchStanding(patch, there.isPresent()
                        ? PatchStanding.State.LEFT_OVER
                        : PatchStanding.State.HELD_BACK, objection.get()));
            } else if (objection.isEmpty()) {
                standings.add(wanted(process, patch, there, plans));
            }
        }
        return new ProcessStanding(process.pid(), process.name(), concerned.user, standings);
    }

    private static PatchStanding wanted(LiveProcess process, StoredPatch patch, Optional<AppliedPatch> there,
            Map<PatchId, PatchPlan> plans) {
        return there.map(AppliedPatch::status).map(status -> switch (status) {
            case IN_FORCE -> new PatchStanding(patch, PatchStanding.State.ACTIVE, "");
            case HALF_DONE -> new PatchStanding(patch, PatchStanding.State.UNFINISHED, "it is half done");
            case IN_TRANSITION -> new PatchStanding(patch, PatchStanding.State.UNFINISHED,
                    "threads change one by one");
            case NOT_IN_FORCE -> missing(process, patch, plans);
        }).orElseGet(() -> missing(process, patch, plans));
    }

    /** A plan tells whether it could come into force. */
    private static PatchStanding missing(LiveProcess process, StoredPatch patch, Map<PatchId, PatchPlan> plans) {
        PatchPlan plan = plan(process, patch);
        plans.put(patch.id(), plan);
        return plan.isApplicable()
                ? new PatchStanding(patch, PatchStanding.State.MISSING, "")
                : new PatchStanding(patch, PatchStanding.State.REFUSED, "", plan.refusals());
    }

    private static PatchPlan plan(LiveProcess process, StoredPatch stored) {
        try {
            PatchEntry.check(stored);
            LivePatch patch = LivePatch.open(stored.file());
            for (Check check : stored.allowed()) {
                patch = patch.allow(check);
            }
            if (!patch.id().equals(stored.id())) {
                throw new IOException(stored.file() + " is another patch; accept the patch again");
            }
            return process.plan(patch);
        } catch (IOException e) {
            throw new UncheckedIOException("the store's copy of patch " + stored.id().shortForm()
                    + " cannot be read", e);
        }
    }

    /**
     * Gives a process what it should have: reverts what is left over, and applies what is missing, one patch after the other.
     * The failure of one does not keep the others from being tried.
     *
     * @return empty where no patch of the store is for it, as for most processes
     * @throws PulpoException where it has ended, or cannot be read
     */
    public Optional<Restored> restore(int pid, Consistency consistency) {
        Concerned concerned = concerned(pid);
        if (concerned.patches.isEmpty()) {
            return Optional.empty();
        }
        try (LiveProcess process = LiveProcess.attach(pid)) {
            List<Outcome> outcomes = new ArrayList<>();
            Map<PatchId, RuntimeException> failures = new HashMap<>();
            Map<PatchId, PatchPlan> plans = new HashMap<>();
            ProcessStanding before = standing(process, concerned, plans);
            // What was applied last goes first: others may depend on what was applied before.
            for (PatchStanding standing : before.patches().reversed()) {
                if (standing.state() == PatchStanding.State.LEFT_OVER) {
                    attempt(standing, failures, () -> {
                        plans.clear();
                        outcomes.add(process.revert(standing.patch().id(), consistency));
                    });
                }
            }
            for (PatchStanding standing : before.patches()) {
                if (standing.state() == PatchStanding.State.MISSING || standing.state() == PatchStanding.State.REFUSED
                        || standing.state() == PatchStanding.State.UNFINISHED) {
                    attempt(standing, failures, () -> {
                        Optional<PatchPlan> plan = Optional.ofNullable(plans.remove(standing.patch().id()));
                        // Other plans hold no longer once one is carried out.
                        plans.clear();
                        outcomes.add(process.apply(plan.orElseGet(() -> plan(process, standing.patch())),
                                consistency));
                    });
                }
            }
            try {
                return Optional.of(new Restored(standing(process, concerned, new HashMap<>()), outcomes, failures,
                        false));
            } catch (TargetGoneException ended) {
                // What was done before it ended is not lost: it may be why.
                return Optional.of(new Restored(before, outcomes, failures, true));
            }
        }
    }

    private static void attempt(PatchStanding standing, Map<PatchId, RuntimeException> failures, Runnable work) {
        try {
            work.run();
        } catch (OperationInterruptedException end) {
            throw end;
        } catch (PulpoException | UncheckedIOException failed) {
            failures.put(standing.patch().id(), failed);
        }
    }

    @Override
    public String toString() {
        return "upkeep of " + patches.size() + (patches.size() == 1 ? " patch" : " patches");
    }
}
