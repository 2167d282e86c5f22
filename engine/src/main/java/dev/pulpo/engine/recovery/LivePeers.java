package dev.pulpo.engine.recovery;

import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.target.OtherTools;
import dev.pulpo.engine.target.PidNamespace;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The processes of a transaction that have not ended, by their ids in this namespace.
 *
 * @param present the visible ones
 * @param hidden  why there may be others, with what would help; empty where these are all
 */
record LivePeers(List<TransactionLink.Member> present, List<String> hidden) {
    /**
     * Looks for them.
     *
     * @throws RefusedException where a tool of another PID namespace still works on one of them
     */
    static LivePeers of(int pid, TransactionLink link, RecoveryBudget budget) {
        if (budget.isOver()) {
            return new LivePeers(List.of(), List.of(budget.reason()));
        }
        return link.namespace() == PidNamespace.own()
                ? ofOwnNamespace(link, budget)
                : ofNamespaceBelow(pid, link, budget);
    }

    private static LivePeers ofOwnNamespace(TransactionLink link, RecoveryBudget budget) {
        List<TransactionLink.Member> present = new ArrayList<>();
        List<String> hidden = new ArrayList<>();
        for (TransactionLink.Member member : link.members()) {
            if (budget.isOver()) {
                hidden.add(budget.reason());
                break;
            }
            try {
                if (ProcFs.startTime(member.pid()) == member.startTime()) {
                    present.add(member);
                }
            } catch (TargetGoneException invisible) {
                if (Processes.exists(member.pid())) {
                    hidden.add(
                            "process " + member.pid() + " is not to be seen in this /proc (mounted with hidepid?); run "
                                    + "as root");
                }
            }
        }
        return new LivePeers(present, hidden);
    }

    /**
     * The members live in a namespace below this one. /proc shows its processes here, and the ids that they have there.
     * If the namespace of some candidate cannot be read, the tool may be among the unread ones.
     */
    private static LivePeers ofNamespaceBelow(int pid, TransactionLink link, RecoveryBudget budget) {
        List<Integer> all = ProcFs.processes();
        List<Integer> inside = all.stream()
                .filter(process -> PidNamespace.of(process).filter(number -> number == link.namespace()).isPresent())
                .toList();
        int depth = inside.stream().mapToInt(process -> PidNamespace.ids(process).size() - 1).max().orElse(0);
        if (depth < 1 || PidNamespace.hidesProcesses()) {
            return new LivePeers(List.of(),
                    List.of("the processes were named in another PID namespace; work on them from there, or "
                            + "as root from one that encloses it, with a procfs that hides nothing"));
        }
        List<String> hidden = all.stream()
                .filter(process -> PidNamespace.ids(process).size() == depth + 1
                        && PidNamespace.of(process).isEmpty() && !ProcFs.isEnding(process))
                .map(process -> "the processes were named in another PID namespace, and the one of process " + process
                        + " (" + ProcFs.name(process) + ") is not to be seen; run as root")
                .toList();
        if (!hidden.isEmpty()) {
            return new LivePeers(List.of(), hidden);
        }
        // A lock in one procfs is invisible in another, and tools of other namespaces lock files of theirs.
        Map<Integer, List<TransactionLink.Member>> byId = link.members().stream()
                .collect(Collectors.groupingBy(TransactionLink.Member::pid));
        for (int process : inside) {
            if (budget.isOver()) {
                return new LivePeers(List.of(), List.of(budget.reason()));
            }
            refuseAtWork(pid, process, byId.keySet());
        }
        List<TransactionLink.Member> present = new ArrayList<>();
        for (int process : all) {
            List<Integer> ids = PidNamespace.ids(process);
            // A process beside that namespace may have such ids, too. It knows nothing of the transaction.
            if (ids.size() > depth) {
                byId.getOrDefault(ids.get(depth), List.of()).stream().filter(member -> isOf(process, member))
                        .forEach(member -> present.add(new TransactionLink.Member(process, member.startTime())));
            }
        }
        return new LivePeers(present, List.of());
    }

    private static boolean isOf(int process, TransactionLink.Member member) {
        try {
            return ProcFs.startTime(process) == member.startTime();
        } catch (TargetGoneException gone) {
            return false;
        }
    }

    /** A tool holds the locks of all members while it lives: flock(2) on their memory files in its own procfs. */
    private static void refuseAtWork(int pid, int process, Set<Integer> members) {
        try {
            if (OtherTools.hasLocked(process, members)) {
                throw new RefusedException(pid, new Refusal.InUse(
                        "process " + process + " (" + ProcFs.name(process) + "), in another PID namespace"));
            }
        } catch (IOException ended) {
            // An ended tool holds no lock. Living processes are looked at below.
            if (Processes.exists(process) && !ProcFs.isEnding(process)) {
                throw new RefusedException(pid, new Refusal.InUse("process " + process + " (" + ProcFs.name(process)
                        + "), in another PID namespace, perhaps: " + ended.getMessage()));
            }
        }
    }
}
