package dev.pulpo.examples.ulp;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.AppliedPatch;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Transaction;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.examples.exit.ExitStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * {@code trigger --all-or-nothing}, with {@code --revert} or without. A patch that is not for a process, because that has not
 * loaded what is patched, or another build of it, or has the patch already, or has not got what is to go, is left out there,
 * and that alone is no failure.
 */
final class Together {
    private final Opening opening;
    private final Wish wish;
    private final Consistency consistency;

    /**
     * What to do with the patches.
     *
     * @param revert    whether they go
     * @param revertAll the library whose patches go in the stop in which they come; may be empty
     */
    record Wish(boolean revert, String revertAll) {}

    /** Opens a patch as it was asked for. */
    @FunctionalInterface
    interface Opening {
        LivePatch open(Path path) throws IOException;
    }

    /** One process: what it is to get, and what there is to say of it so far. */
    private static final class Taking {
        final int pid;
        Optional<LiveProcess> process = Optional.empty();
        String name = "";
        final List<PatchPlan> plans = new ArrayList<>();
        /** Of those that go. */
        final List<PatchId> ids = new ArrayList<>();
        /** Their files, as they were named. */
        final List<String> files = new ArrayList<>();
        final List<Verdict> leftOut = new ArrayList<>();
        Optional<Exception> failure = Optional.empty();

        Taking(int pid) {
            this.pid = pid;
        }

        boolean isMeant() {
            return !files.isEmpty();
        }

        Trigger.Done done(List<Verdict> verdicts) {
            List<Verdict> all = new ArrayList<>(leftOut);
            all.addAll(verdicts);
            return new Trigger.Done(pid, name, all, "");
        }

        /** The same verdict for each patch. */
        Trigger.Done done(Function<String, Verdict> verdict) {
            return done(files.stream().map(verdict).toList());
        }
    }

    Together(Opening opening, Wish wish, Consistency consistency) {
        this.opening = opening;
        this.wish = wish;
        this.consistency = consistency;
    }

    /** Does it, and says what has become of each process. */
    List<Trigger.Done> run(List<Integer> pids, List<Path> files) {
        List<Taking> takings = pids.stream().map(Taking::new).toList();
        try {
            takings.forEach(taking -> plan(taking, files));
            Optional<Exception> failure = takings.stream().flatMap(taking -> taking.failure.stream()).findFirst();
            if (failure.isPresent()) {
                int status = ExitStatus.of(failure.get());
                return takings.stream().map(taking -> prevented(taking, files, status)).toList();
            }
            return change(takings);
        } finally {
            takings.forEach(taking -> taking.process.ifPresent(LiveProcess::close));
        }
    }

    private void plan(Taking taking, List<Path> files) {
        try {
            LiveProcess process = LiveProcess.attach(taking.pid);
            taking.process = Optional.of(process);
            taking.name = process.name();
            if (wish.revert()) {
                planReverting(taking, process, files);
                return;
            }
            List<LivePatch> meant = new ArrayList<>();
            for (Path file : files) {
                LivePatch patch = opening.open(file);
                Optional<Refusal> reason = plans(process, List.of(patch)).getFirst().refusals().stream()
                        .filter(Together::isNotMeant).findFirst();
                if (reason.isPresent()) {
                    taking.leftOut.add(Verdict.of(RawText.of(file),
                            new RefusedException(taking.pid, List.of(reason.get()))));
                } else {
                    meant.add(patch);
                    taking.files.add(RawText.of(file));
                }
            }
            taking.plans.addAll(meant.isEmpty() ? List.of() : plans(process, meant));
            List<Refusal> refusals = taking.plans.stream().flatMap(plan -> plan.refusals().stream()).distinct()
                    .toList();
            if (!refusals.isEmpty()) {
                taking.failure = Optional.of(new RefusedException(taking.pid, refusals));
            }
        } catch (IOException | RuntimeException failed) {
            taking.failure = Optional.of(failed);
        }
    }

    private void planReverting(Taking taking, LiveProcess process, List<Path> files) throws IOException {
        List<PatchId> applied = process.patches().stream().map(AppliedPatch::id).toList();
        for (Path file : files) {
            PatchId id = opening.open(file).id();
            if (applied.contains(id)) {
                taking.ids.add(id);
                taking.files.add(RawText.of(file));
            } else {
                taking.leftOut.add(Verdict.of(RawText.of(file),
                        new RefusedException(taking.pid, List.of(new Refusal.NotApplied(id.shortForm())))));
            }
        }
    }

    private List<PatchPlan> plans(LiveProcess process, List<LivePatch> patches) throws IOException {
        return wish.revertAll().isEmpty()
                ? process.plan(patches)
                : process.planInstead(patches, wish.revertAll());
    }

    private static boolean isNotMeant(Refusal refusal) {
        return refusal instanceof Refusal.TargetNotLoaded || refusal instanceof Refusal.BuildIdMismatch
                || refusal instanceof Refusal.AlreadyApplied;
    }

    /** What there is to say where nothing was begun. */
    private static Trigger.Done prevented(Taking taking, List<Path> files, int status) {
        if (taking.failure.isEmpty()) {
            return taking.done(patch -> nothing(patch, status));
        }
        Exception failure = taking.failure.get();
        return new Trigger.Done(taking.pid, taking.name,
                files.stream().map(file -> Verdict.of(RawText.of(file), failure)).toList(), "");
    }

    private static Verdict nothing(String patch, int status) {
        return Verdict.together(patch, "Nothing was changed, because of another process", status);
    }

    private List<Trigger.Done> change(List<Taking> takings) {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
        takings.stream().filter(Taking::isMeant).forEach(taking -> {
            plans.put(taking.process.orElseThrow(), taking.plans);
            ids.put(taking.process.orElseThrow(), taking.ids);
        });
        if (plans.isEmpty()) {
            return takings.stream().map(taking -> taking.done(List.of())).toList();
        }
        TransactionReport report = wish.revert()
                ? Transaction.revert(ids, consistency)
                : Transaction.apply(plans, consistency);
        int status = report.failure().map(ExitStatus::of).orElse(0);
        Map<Integer, Result> results = new LinkedHashMap<>();
        report.processes().forEach(result -> results.put(result.pid(), result));
        return takings.stream().map(taking -> Optional.ofNullable(results.get(taking.pid))
                .map(result -> taking.done(patch -> verdict(patch, result, status)))
                .orElseGet(() -> taking.done(List.of()))).toList();
    }

    private static Verdict verdict(String patch, Result result, int status) {
        return switch (result) {
            case Result.InForce in -> Verdict.success(patch);
            case Result.Reverted reverted -> Verdict.success(patch);
            case Result.Untouched untouched -> nothing(patch, status);
            case Result.Failed failed -> Verdict.of(patch, failed.why());
            case Result.Gone gone -> Verdict.of(patch, gone.why());
            case Result.TakenBack back ->
                Verdict.together(patch, "Was in force, and was taken back because of another process", status);
            case Result.PutBack back ->
                Verdict.together(patch, "Was out of force, and is in force again because of another process", status);
            case Result.LeftBehind left -> Verdict.together(patch,
                    "What was done could not be undone, and may hold; the next operation on the process undoes it: "
                            + left.why().getMessage(),
                    status);
        };
    }
}
