package dev.pulpo.engine.operation;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Retention;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.engine.load.PlanCheck;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.target.PidNamespace;
import dev.pulpo.engine.target.Tracee;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/**
 * Brings patches into force in several processes, or in none; or takes them out of force in all, or in none:
 *
 * <pre>
 *   open      locks all processes until all have been told
 *   prepare   in all at the same time: loads patches; a PREPARED record has the number of the transaction and a list of its
 *             processes
 *   commit    in one after the other, in one stop each: PENDING
 *   decide    the commit mark in the first process, then in the others; then the mark that all have been told
 * </pre>
 *
 * <p>The processes are stopped one after the other, each no longer than for its own patches. If all were stopped at once,
 * each would stand still until the last blocking thread of all has moved on.
 */
public final class JointOperation {
    private static final int MOST_AT_ONCE = 8;

    private final List<JointMember> members;

    /**
     * The work in one process.
     *
     * @param explain turns a failure into one that names its cause, if the process caused it
     */
    public record Part(Tracee tracee, Work work, Function<Throwable, RuntimeException> explain) {
        int pid() {
            return tracee.pid();
        }
    }

    /** What to do. */
    public sealed interface Work {}

    /**
     * Patches come into force.
     *
     * @param plans  for the process; at least one
     * @param checks for functions that the plans left open
     */
    public record Applying(List<PatchPlan> plans, PlanCheck checks) implements Work {}

    /**
     * Patches go out of force.
     *
     * @param ids       at least one
     * @param retention how long they stay loaded afterwards
     */
    public record Reverting(List<PatchId> ids, Retention retention) implements Work {}

    private JointOperation(List<Part> parts, Consistency consistency) {
        long began = System.nanoTime();
        TransactionLink link = TransactionLink.of(TransactionLink.newNumber(), PidNamespace.own(),
                parts.stream().map(part -> new TransactionLink.Member(part.pid(), part.tracee().startTime()))
                        .toList());
        members = parts.stream().map(part -> new JointMember(part, consistency, link, began)).toList();
    }

    /**
     * Does the work everywhere, or nowhere.
     *
     * @param parts at least one, each of another process
     */
    public static TransactionReport run(List<Part> parts, Consistency consistency) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("there is no process to do anything to");
        }
        if (parts.size() > TransactionLink.MOST_MEMBERS) {
            throw new IllegalArgumentException(
                    "a transaction has " + TransactionLink.MOST_MEMBERS + " processes at most, and these are "
                            + parts.size() + ": do it in several");
        }
        if (parts.size() == 1) {
            return inOneProcess(parts.getFirst(), consistency);
        }
        if (consistency.level() == Consistency.Level.PER_THREAD) {
            throw new RefusedException(parts.getFirst().pid(), new Refusal.NotByThread(
                    "it is to be done in " + parts.size() + " processes, or in none"));
        }
        return new JointOperation(parts, consistency).run();
    }

    private static TransactionReport inOneProcess(Part part, Consistency consistency) {
        int pid = part.pid();
        try {
            Result done = switch (part.work()) {
                case Applying applying -> new Result.InForce(pid, ApplyOperation.run(part.tracee(), applying.plans(),
                        consistency, applying.checks(), Optional.empty(), false));
                case Reverting reverting ->
                    new Result.Reverted(pid, RevertOperation.run(part.tracee(), reverting.ids(),
                            consistency, reverting.retention()));
            };
            return new TransactionReport(Optional.empty(), List.of(done));
        } catch (RuntimeException | VirtualMachineError failed) {
            RuntimeException why = part.explain().apply(failed);
            return new TransactionReport(Optional.of(why), List.of(JointMember.failed(pid, why)));
        }
    }

    private TransactionReport run() {
        try {
            Optional<RuntimeException> failure = untilCommitted().or(() -> members.getFirst().decide());
            return failure.isPresent()
                    ? new TransactionReport(failure, undo(failure.get()))
                    : decided();
        } finally {
            members.forEach(JointMember::close);
        }
    }

    /** After these phases nothing is undone, unless it is certain that nothing was decided. */
    private Optional<RuntimeException> untilCommitted() {
        try {
            return untilFailure(byPid(), JointMember::open).or(this::prepare)
                    .or(() -> untilFailure(members, JointMember::commit))
                    .or(() -> untilFailure(members, JointMember::checkAlive));
        } catch (Error error) {
            undo(error);
            throw error;
        }
    }

    /** All operations lock several processes in the same order, so none waits for another that waits for it. */
    private List<JointMember> byPid() {
        return members.stream().sorted(Comparator.comparingInt(JointMember::pid)).toList();
    }

    private static Optional<RuntimeException> untilFailure(List<JointMember> members,
            Function<JointMember, Optional<RuntimeException>> phase) {
        for (JointMember member : members) {
            Optional<RuntimeException> failure = phase.apply(member);
            if (failure.isPresent()) {
                return failure;
            }
        }
        return Optional.empty();
    }

    private Optional<RuntimeException> prepare() {
        try (ExecutorService pool = Executors.newFixedThreadPool(Math.min(MOST_AT_ONCE, members.size()))) {
            List<CompletableFuture<Optional<RuntimeException>>> running = members.stream()
                    .map(member -> CompletableFuture.supplyAsync(member::prepare, pool)).toList();
            return running.stream().map(CompletableFuture::join).toList().stream().flatMap(Optional::stream)
                    .findFirst();
        } catch (CompletionException thrown) {
            if (thrown.getCause() instanceof Error error) {
                throw error;
            }
            throw thrown;
        }
    }

    /** Undoes the last process first. */
    private List<Result> undo(Throwable cause) {
        List<Result> results = new ArrayList<>();
        for (JointMember member : members.reversed()) {
            results.addFirst(member.undo(cause));
        }
        return results;
    }

    private TransactionReport decided() {
        // All members are told, even if telling one fails.
        List<Optional<RuntimeException>> telling = members.stream().map(JointMember::confirm).toList();
        boolean allTold = telling.stream().allMatch(Optional::isEmpty);
        members.forEach(member -> member.settle(allTold));
        List<Result> results = members.stream().map(JointMember::result).toList();
        Optional<RuntimeException> gone = results.stream().filter(Result.Gone.class::isInstance)
                .map(Result.Gone.class::cast).<RuntimeException>map(Result.Gone::why).findFirst();
        return new TransactionReport(gone, results);
    }
}
