package dev.pulpo.engine;

import dev.pulpo.engine.apply.JointApply;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Patches of several processes that come into force in all of them, or in none.
 *
 * <p>First everything is loaded everywhere, and nobody is stopped for it. Then one process after the other is stopped, each
 * for as long as its own patches take. Where that fails in one, those before it are stopped again, and what they had is taken
 * back. So for the time that this takes, a few milliseconds for each process or until the deadline where threads are in the
 * way, some processes run the new code and others the old.
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
     */
    public static TransactionReport apply(Map<LiveProcess, List<PatchPlan>> plans, Consistency consistency) {
        List<JointApply.Part> parts = new ArrayList<>();
        Set<Integer> pids = new HashSet<>();
        plans.forEach((process, those) -> {
            if (!pids.add(process.pid())) {
                throw new IllegalArgumentException("process " + process.pid() + " is named twice");
            }
            parts.add(process.part(those));
        });
        return JointApply.run(parts, consistency);
    }
}
