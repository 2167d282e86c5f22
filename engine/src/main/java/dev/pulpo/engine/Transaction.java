package dev.pulpo.engine;

import dev.pulpo.engine.operation.JointOperation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Applies patches to several processes, or reverts them: all or none.
 *
 * <p>First everything is loaded everywhere, without a stop. Then one process after the other is stopped, each for as long as
 * its own patches take. If that fails in one, the processes before it are stopped again and their changes undone. Meanwhile
 * some processes run new code and others old: for a few milliseconds for each process, or until the deadline if threads
 * block the change.
 *
 * <p>A process that ends meanwhile counts as a failure. If this tool is killed, the next operation of any tool on any of the
 * processes completes or undoes the transaction in all processes that it can reach.
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
        return run(plans, LiveProcess::part, consistency);
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
        return run(patches, LiveProcess::partOfReverting, consistency);
    }

    private static <T> TransactionReport run(Map<LiveProcess, List<T>> work,
            BiFunction<LiveProcess, List<T>, JointOperation.Part> part, Consistency consistency) {
        List<JointOperation.Part> parts = new ArrayList<>();
        Set<Integer> pids = new HashSet<>();
        work.forEach((process, items) -> {
            if (!pids.add(process.pid())) {
                throw new IllegalArgumentException("process " + process.pid() + " is named twice");
            }
            parts.add(part.apply(process, items));
        });
        return JointOperation.run(parts, consistency);
    }
}
