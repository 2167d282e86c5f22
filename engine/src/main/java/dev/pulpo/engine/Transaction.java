package dev.pulpo.engine;

import dev.pulpo.engine.flight.Flight;
import dev.pulpo.engine.flight.OutcomeEvent;
import dev.pulpo.engine.operation.ApplyOperation;
import dev.pulpo.engine.operation.JointOperation;
import dev.pulpo.engine.operation.RevertOperation;
import dev.pulpo.engine.target.Interruption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Collectors;

/**
 * Applies patches to several processes, or reverts them: all or none.
 *
 * <p>First everything is loaded everywhere, without a stop. Then one process after the other is stopped, each for as long as
 * its own patches take. If that fails in one, the processes before it are stopped again and their changes undone. Meanwhile
 * some processes run new code and others old: for a few milliseconds for each process, or until the deadline if threads
 * block the change.
 *
 * <p>A process in which everything is so already takes no part; its result says so. A process that ends meanwhile counts as a
 * failure. If this tool is killed, the next operation of any tool on any of the processes completes or undoes the transaction
 * in all processes that it can reach.
 *
 * <p>If the calling thread is interrupted before the decision, everything is undone everywhere, and the report's failure is an
 * {@link OperationInterruptedException}.
 */
public final class Transaction {
    private Transaction() {}

    /**
     * Applies plans.
     *
     * @param plans       for each process, made by {@link LiveProcess#plan(List)}; processes are stopped in the order of the
     *                    map
     * @param consistency for each stop; its timeout limits the whole transaction, and undoing as well
     * @return the result for each process, also after a failure
     * @throws RefusedException where a plan has refusals; with {@link Consistency#perThread}, for more than one process
     */
    public static TransactionReport apply(Map<LiveProcess, List<PatchPlan>> plans, Consistency consistency) {
        Map<LiveProcess, List<PatchPlan>> open = new LinkedHashMap<>();
        Map<LiveProcess, TransactionReport.Result> done = new LinkedHashMap<>();
        plans.forEach((process, all) -> {
            if (!all.isEmpty() && all.stream().allMatch(PatchPlan::isInForce)) {
                done.put(process, new TransactionReport.Result.InForce(process.pid(),
                        all.stream().map(ApplyOperation::inForceAlready).toList()));
            } else {
                open.put(process, all);
            }
        });
        return run(plans.keySet(), done, open, LiveProcess::part, consistency);
    }

    /**
     * Reverts patches, items of one process in one stop. They are unloaded after all processes have been told.
     *
     * @param patches     for each process, at least one that is applied there; they may differ between processes. Processes
     *                    are stopped in the order of the map
     * @param consistency for each stop; its timeout limits the whole transaction, and undoing as well
     * @return the result for each process, also after a failure; if a patch is missing in a process, or another patch needs
     *         it, nothing is changed anywhere
     * @throws RefusedException with {@link Consistency#perThread}, for more than one process
     */
    public static TransactionReport revert(Map<LiveProcess, List<PatchId>> patches, Consistency consistency) {
        return revert(patches, consistency, Retention.WHILE_REACHABLE);
    }

    /**
     * As {@link #revert(Map, Consistency)}.
     *
     * @param retention how long the patches stay loaded afterwards
     */
    public static TransactionReport revert(Map<LiveProcess, List<PatchId>> patches, Consistency consistency,
            Retention retention) {
        Map<LiveProcess, List<PatchId>> open = new LinkedHashMap<>();
        Map<LiveProcess, TransactionReport.Result> done = new LinkedHashMap<>();
        patches.forEach((process, ids) -> {
            Set<PatchId> known = process.patches().stream().map(AppliedPatch::id).collect(Collectors.toSet());
            if (!ids.isEmpty() && ids.stream().noneMatch(known::contains)) {
                done.put(process, new TransactionReport.Result.Reverted(process.pid(),
                        RevertOperation.notInForceAlready(process.pid(), ids.getFirst())));
            } else {
                open.put(process, ids);
            }
        });
        return run(patches.keySet(), done, open,
                (process, ids) -> process.partOfReverting(ids, retention), consistency);
    }

    /**
     * @param done the results of the processes in which everything is so already
     * @param work in the others
     */
    private static <T> TransactionReport run(Collection<LiveProcess> processes,
            Map<LiveProcess, TransactionReport.Result> done, Map<LiveProcess, List<T>> work,
            BiFunction<LiveProcess, List<T>, JointOperation.Part> part, Consistency consistency) {
        Set<Integer> pids = new HashSet<>();
        for (LiveProcess process : processes) {
            if (!pids.add(process.pid())) {
                throw new IllegalArgumentException("process " + process.pid() + " is named twice");
            }
        }
        if (work.isEmpty() && !done.isEmpty()) {
            return new TransactionReport(Optional.empty(), List.copyOf(done.values()));
        }
        return LiveProcess.usingAll(work.keySet(), () -> {
            List<JointOperation.Part> parts = new ArrayList<>();
            work.forEach((process, items) -> parts.add(part.apply(process, items)));
            TransactionReport report = Interruption.run(() -> JointOperation.run(parts, consistency));
            if (Flight.isOn()) {
                record(report);
            }
            Map<Integer, TransactionReport.Result> results = new HashMap<>();
            report.processes().forEach(result -> results.put(result.pid(), result));
            done.values().forEach(result -> results.put(result.pid(), result));
            return new TransactionReport(report.failure(),
                    processes.stream().map(process -> results.get(process.pid())).filter(Objects::nonNull).toList());
        });
    }

    /** Gives the outcomes to JDK Flight Recorder. */
    private static void record(TransactionReport report) {
        for (TransactionReport.Result result : report.processes()) {
            switch (result) {
                case TransactionReport.Result.InForce in ->
                    in.outcomes().forEach(outcome -> new OutcomeEvent().succeeded(outcome));
                case TransactionReport.Result.Reverted reverted -> new OutcomeEvent().succeeded(reverted.outcome());
                case TransactionReport.Result.Failed failed -> new OutcomeEvent().failed(failed.pid(), failed.why());
                case TransactionReport.Result.Gone gone -> new OutcomeEvent().failed(gone.pid(), gone.why());
                case TransactionReport.Result.LeftBehind left -> new OutcomeEvent().failed(left.pid(), left.why());
                case TransactionReport.Result.PutBack back -> OutcomeEvent.undone(back.pid());
                case TransactionReport.Result.TakenBack back -> OutcomeEvent.undone(back.pid());
                case TransactionReport.Result.Untouched untouched -> OutcomeEvent.undone(untouched.pid());
            }
        }
    }
}
