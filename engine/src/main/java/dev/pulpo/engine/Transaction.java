package dev.pulpo.engine;

import dev.pulpo.engine.apply.JointOperation;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Patches of several processes that come into force in all of them, or in none; or that go out of force in all of them, or in
 * none.
 *
 * <p>First everything is loaded everywhere, and nobody is stopped for it. Then one process after the other is stopped, each
 * for as long as its own patches take. Where that fails in one, those before it are stopped again, and what they had is taken
 * back, or is in force again. So for the time that this takes, a few milliseconds for each process or until the deadline where
 * threads are in the way, some processes run the new code and others the old.
 *
 * <p>A process that ends meanwhile counts as a failure. Where this tool is killed in the middle, the next operation on any of
 * the processes, by whomever, completes or undoes it in all of them that it can reach.
 */
public final class Transaction {
    private Transaction() {}

    /**
     * Applies plans.
     *
     * @param plans       for each process, those that {@link LiveProcess#plan(List)} has made; the map's order is that in
     *                    which processes are stopped
     * @param consistency for each stop; its timeout is that of all of it, and that of taking back as well
     * @return what has become of each process, also where it failed
     * @throws RefusedException where there are reasons against a plan already; with {@link Consistency#perThread}, against
     *                          more than one process
     */
    public static TransactionReport apply(Map<LiveProcess, List<PatchPlan>> plans, Consistency consistency) {
        return run(plans, LiveProcess::part, consistency);
    }

    /**
     * Takes patches back, those of one process in one stop. Their memory is given back once all processes have been told.
     *
     * @param patches     for each process, at least one that is applied there; they need not be the same everywhere. The
     *                    map's order is that in which processes are stopped
     * @param consistency for each stop; its timeout is that of all of it, and that of bringing back into force as well
     * @return what has become of each process, also where it failed: where one has not got a patch, or another patch needs
     *         it there, nothing is changed anywhere
     * @throws RefusedException with {@link Consistency#perThread}, against more than one process
     */
    public static TransactionReport revert(Map<LiveProcess, List<PatchId>> patches, Consistency consistency) {
        return run(patches, LiveProcess::partOfReverting, consistency);
    }

    private static <T> TransactionReport run(Map<LiveProcess, List<T>> wishes,
            BiFunction<LiveProcess, List<T>, JointOperation.Part> part, Consistency consistency) {
        List<JointOperation.Part> parts = new ArrayList<>();
        Set<Integer> pids = new HashSet<>();
        wishes.forEach((process, those) -> {
            if (!pids.add(process.pid())) {
                throw new IllegalArgumentException("process " + process.pid() + " is named twice");
            }
            parts.add(part.apply(process, those));
        });
        return JointOperation.run(parts, consistency);
    }
}
