package dev.pulpo.engine.apply;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.PidNamespace;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.engine.trace.OtherTools;
import dev.pulpo.ffm.Processes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The processes of a transaction that have not ended, by the ids that they have here.
 *
 * @param present those that are to be seen
 * @param hidden  why there may be others, with what would help; none where these are all
 */
record Members(List<Ties.Member> present, List<String> hidden) {
    /** Looks for them. @throws RefusedException where a tool of another PID namespace is still at work on one of them */
    static Members of(int pid, Ties ties, Patience patience) {
        if (patience.isOver()) {
            return new Members(List.of(), List.of(patience.reason()));
        }
        return ties.namespace() == PidNamespace.own()
                ? ofOwnNamespace(ties, patience)
                : ofNamespaceBelow(pid, ties, patience);
    }

    private static Members ofOwnNamespace(Ties ties, Patience patience) {
        List<Ties.Member> present = new ArrayList<>();
        List<String> hidden = new ArrayList<>();
        for (Ties.Member member : ties.members()) {
            if (patience.isOver()) {
                hidden.add(patience.reason());
                break;
            }
            try {
                if (ProcFs.startTime(member.pid()) == member.startTime()) {
                    present.add(member);
                }
            } catch (TargetGoneException notToBeSeen) {
                if (Processes.exists(member.pid())) {
                    hidden.add(
                            "process " + member.pid() + " is not to be seen in this /proc (mounted with hidepid?); run "
                                    + "as root");
                }
            }
        }
        return new Members(present, hidden);
    }

    /**
     * Processes of namespaces below are to be seen here, too, and the ids that they have there. Whoever may not look at some
     * that may be in that namespace does not know whether the tool is among them.
     */
    private static Members ofNamespaceBelow(int pid, Ties ties, Patience patience) {
        List<Integer> all = ProcFs.processes();
        List<Integer> inside = all.stream()
                .filter(process -> PidNamespace.of(process).filter(number -> number == ties.namespace()).isPresent())
                .toList();
        int depth = inside.stream().mapToInt(process -> PidNamespace.ids(process).size() - 1).max().orElse(0);
        if (depth < 1 || PidNamespace.hidesProcesses()) {
            return new Members(List.of(),
                    List.of("the processes were named in another PID namespace; run pulpo in it, or "
                            + "as root in one that encloses it, with a procfs that hides nothing"));
        }
        List<String> hidden = all.stream()
                .filter(process -> PidNamespace.ids(process).size() == depth + 1
                        && PidNamespace.of(process).isEmpty() && !ProcFs.isEnding(process))
                .map(process -> "the processes were named in another PID namespace, and the one of process " + process
                        + " (" + ProcFs.name(process) + ") is not to be seen; run as root")
                .toList();
        if (!hidden.isEmpty()) {
            return new Members(List.of(), hidden);
        }
        // Locks of one procfs say nothing in another, where tools of other namespaces have theirs.
        Map<Integer, List<Ties.Member>> byId = ties.members().stream()
                .collect(Collectors.groupingBy(Ties.Member::pid));
        for (int process : inside) {
            if (patience.isOver()) {
                return new Members(List.of(), List.of(patience.reason()));
            }
            refuseAtWork(pid, process, byId.keySet());
        }
        List<Ties.Member> present = new ArrayList<>();
        for (int process : all) {
            List<Integer> ids = PidNamespace.ids(process);
            // What is beside that namespace may have such ids, too. It knows nothing of the transaction.
            if (ids.size() > depth) {
                byId.getOrDefault(ids.get(depth), List.of()).stream().filter(member -> isOf(process, member))
                        .forEach(member -> present.add(new Ties.Member(process, member.startTime())));
            }
        }
        return new Members(present, List.of());
    }

    private static boolean isOf(int process, Ties.Member member) {
        try {
            return ProcFs.startTime(process) == member.startTime();
        } catch (TargetGoneException gone) {
            return false;
        }
    }

    /** A tool holds the locks of all members as long as it lives: flock(2) on their memory in its own procfs. */
    private static void refuseAtWork(int pid, int process, Set<Integer> members) {
        try {
            if (OtherTools.hasLocked(process, members)) {
                throw new RefusedException(pid, new Refusal.InUse(
                        "process " + process + " (" + ProcFs.name(process) + "), in another PID namespace"));
            }
        } catch (IOException ended) {
            // Whoever ends holds no lock any more; others of the process are looked at below.
            if (Processes.exists(process) && !ProcFs.isEnding(process)) {
                throw new RefusedException(pid, new Refusal.InUse("process " + process + " (" + ProcFs.name(process)
                        + "), in another PID namespace, perhaps: " + ended.getMessage()));
            }
        }
    }
}
