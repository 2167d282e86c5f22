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
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.Transaction;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.FailureText;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntFunction;

/**
 * {@code trigger --all-or-nothing}, with {@code --revert} or without. A patch that does not fit a process is left out
 * there, and that alone is not a failure: the process has not loaded the target, has another build of it, has the patch
 * already, or does not have the patch that is to be reverted.
 */
final class Together {
    private final IntFunction<LiveProcess> attaching;
    private final Opening opening;
    private final Request request;
    private final Consistency consistency;

    /**
     * What to do with the patches.
     *
     * @param revert    whether to revert them
     * @param revertAll the library whose patches are reverted in the same stop in which the new ones come into force; may
     *                  be empty
     * @param retention how long patches stay loaded that are reverted by {@code revert}
     */
    record Request(boolean revert, String revertAll, Retention retention) {}

    /** Opens a patch with the options of the command line. */
    @FunctionalInterface
    interface Opening {
        LivePatch open(Path path) throws IOException;
    }

    /** One process: its patches, and the verdicts so far. */
    private static final class Member {
        final int pid;
        Optional<LiveProcess> process = Optional.empty();
        String name = "";
        final List<PatchPlan> plans = new ArrayList<>();
        /** The patches to revert. */
        final List<PatchId> ids = new ArrayList<>();
        /** The files of the patches, as named by the user. */
        final List<String> files = new ArrayList<>();
        final List<Verdict> leftOut = new ArrayList<>();
        Optional<Exception> failure = Optional.empty();

        Member(int pid) {
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

    /** @param attaching to processes by their ids */
    Together(IntFunction<LiveProcess> attaching, Opening opening, Request request, Consistency consistency) {
        this.attaching = attaching;
        this.opening = opening;
        this.request = request;
        this.consistency = consistency;
    }

    /** Applies or reverts the patches, and returns the outcome of each process. */
    List<Trigger.Done> run(List<Integer> pids, List<Path> files) {
        List<Member> members = pids.stream().map(Member::new).toList();
        try {
            members.forEach(member -> plan(member, files));
            Optional<Exception> failure = members.stream().flatMap(member -> member.failure.stream()).findFirst();
            if (failure.isPresent()) {
                int status = ExitStatus.of(failure.get());
                return members.stream().map(member -> prevented(member, files, status)).toList();
            }
            return change(members);
        } finally {
            members.forEach(member -> member.process.ifPresent(LiveProcess::close));
        }
    }

    private void plan(Member member, List<Path> files) {
        try {
            LiveProcess process = attaching.apply(member.pid);
            member.process = Optional.of(process);
            member.name = process.name();
            if (request.revert()) {
                planReverting(member, process, files);
                return;
            }
            List<LivePatch> meant = new ArrayList<>();
            for (Path file : files) {
                LivePatch patch = opening.open(file);
                Optional<Refusal> reason = plans(process, List.of(patch)).getFirst().refusals().stream()
                        .filter(Together::isNotMeant).findFirst();
                if (reason.isPresent()) {
                    member.leftOut.add(Verdict.of(RawText.of(file),
                            new RefusedException(member.pid, List.of(reason.get()))));
                } else {
                    meant.add(patch);
                    member.files.add(RawText.of(file));
                }
            }
            member.plans.addAll(meant.isEmpty() ? List.of() : plans(process, meant));
            List<Refusal> refusals = member.plans.stream().flatMap(plan -> plan.refusals().stream()).distinct()
                    .toList();
            if (!refusals.isEmpty()) {
                member.failure = Optional.of(new RefusedException(member.pid, refusals));
            }
        } catch (IOException | RuntimeException failed) {
            member.failure = Optional.of(failed);
        }
    }

    private void planReverting(Member member, LiveProcess process, List<Path> files) throws IOException {
        List<PatchId> applied = process.patches().stream().map(AppliedPatch::id).toList();
        for (Path file : files) {
            PatchId id = opening.open(file).id();
            if (applied.contains(id)) {
                member.ids.add(id);
                member.files.add(RawText.of(file));
            } else {
                member.leftOut.add(Verdict.of(RawText.of(file),
                        new RefusedException(member.pid, List.of(new Refusal.NotApplied(id.shortForm())))));
            }
        }
    }

    private List<PatchPlan> plans(LiveProcess process, List<LivePatch> patches) throws IOException {
        return request.revertAll().isEmpty()
                ? process.plan(patches)
                : process.planInstead(patches, request.revertAll());
    }

    private static boolean isNotMeant(Refusal refusal) {
        return refusal instanceof Refusal.TargetNotLoaded || refusal instanceof Refusal.BuildIdMismatch
                || refusal instanceof Refusal.AlreadyApplied;
    }

    /** The outcome of a process if nothing was begun. */
    private static Trigger.Done prevented(Member member, List<Path> files, int status) {
        if (member.failure.isEmpty()) {
            return member.done(patch -> nothing(patch, status));
        }
        Exception failure = member.failure.get();
        return new Trigger.Done(member.pid, member.name,
                files.stream().map(file -> Verdict.of(RawText.of(file), failure)).toList(), "");
    }

    private static Verdict nothing(String patch, int status) {
        return Verdict.together(patch, "Nothing was changed, because of another process", status);
    }

    private List<Trigger.Done> change(List<Member> members) {
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
        members.stream().filter(Member::isMeant).forEach(member -> {
            plans.put(member.process.orElseThrow(), member.plans);
            ids.put(member.process.orElseThrow(), member.ids);
        });
        if (plans.isEmpty()) {
            return members.stream().map(member -> member.done(List.of())).toList();
        }
        TransactionReport report = request.revert()
                ? Transaction.revert(ids, consistency, request.retention())
                : Transaction.apply(plans, consistency);
        int status = report.failure().map(ExitStatus::of).orElse(0);
        Map<Integer, Result> results = new LinkedHashMap<>();
        report.processes().forEach(result -> results.put(result.pid(), result));
        return members.stream().map(member -> Optional.ofNullable(results.get(member.pid))
                .map(result -> member.done(patch -> verdict(patch, result, status)))
                .orElseGet(() -> member.done(List.of()))).toList();
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
                            + FailureText.of(left.why()),
                    status);
        };
    }
}
