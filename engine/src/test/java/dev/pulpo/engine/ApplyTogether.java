package dev.pulpo.engine;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tool that applies or reverts a {@link Pair} of patches in one step; run by {@link TransactionSweep} in a JVM of its own. Arguments:
 * the sweep's mode, the files of both patches, pids. It marks A and R, and E when it is done.
 */
final class ApplyTogether {
    private ApplyTogether() {}

    private static void mark(char phase) {
        System.out.write(phase);
        System.out.flush();
    }

    public static void main(String[] arguments) throws Exception {
        List<LivePatch> patches = List.of(
                LivePatch.of(Path.of(arguments[1])).target("libanswer.so").replace("answer", "fixed_answer"),
                LivePatch.of(Path.of(arguments[2])).target("libother.so").replace("other", "fixed_answer"));
        Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
        TransactionSweep.Mode mode = TransactionSweep.Mode.valueOf(arguments[0]);
        Map<LiveProcess, List<PatchId>> ids = new LinkedHashMap<>();
        List<LiveProcess> processes = new ArrayList<>();
        for (int i = 3; i < arguments.length; i++) {
            LiveProcess process = LiveProcess.attach(Integer.parseInt(arguments[i]));
            processes.add(process);
            ids.put(process, List.of(patches.getFirst().id(), patches.getLast().id()));
            plans.put(process, switch (mode) {
                case INSTEAD -> process.planInstead(patches, "target");
                case PAIR, PROCESSES -> process.plan(patches);
                case PROCESSES_REVERT -> List.of();
            });
        }
        mark(mode == TransactionSweep.Mode.PROCESSES_REVERT ? 'R' : 'A');
        if (mode.isOfSeveral()) {
            TransactionReport report = mode == TransactionSweep.Mode.PROCESSES
                    ? Transaction.apply(plans, Consistency.DEFAULT)
                    : Transaction.revert(ids, Consistency.DEFAULT);
            if (!report.isDone()) {
                throw new IllegalStateException(report.toString());
            }
        } else {
            processes.getFirst().apply(plans.values().iterator().next(), Consistency.DEFAULT);
            if (mode == TransactionSweep.Mode.PAIR) {
                mark('R');
                processes.getFirst().revert(List.of(patches.getFirst().id(), patches.getLast().id()),
                        Consistency.DEFAULT);
            }
        }
        mark('E');
        processes.forEach(LiveProcess::close);
    }
}
