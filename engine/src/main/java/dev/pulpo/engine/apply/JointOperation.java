package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TransactionReport;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.image.PidNamespace;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.ffm.TraceeMemory;
import java.util.ArrayList;
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
 *   open      the locks of all; they are held until everybody has been told
 *   prepare   in all at the same time: what comes is loaded; a PREPARED record has the number of the transaction and a list
 *             of its processes
 *   commit    one after the other, in one stop each: PENDING
 *   decide    a mark in the first process, then in the others; then the mark that all have been told
 * </pre>
 *
 * Stopping all processes at once would make each stand still until the last of their threads is out of the way; so they are
 * stopped one after the other, each no longer than for patches of its own.
 */
public final class JointOperation {
    private static final int MOST_AT_ONCE = 8;

    private final List<JointMember> members;

    /**
     * What is to be done to a process.
     *
     * @param memory  of the process
     * @param explain says what a failure comes from, where it is the process that has caused it
     */
    public record Part(int pid, long startTime, TraceeMemory memory, Work work,
            Function<Throwable, RuntimeException> explain) {}

    /** What is to be done. */
    public sealed interface Work {}

    /**
     * Patches are to come into force.
     *
     * @param plans  made for the process; at least one
     * @param checks made once more where the plans did not know all functions
     */
    public record Applying(List<PatchPlan> plans, PlanCheck checks) implements Work {}

    /**
     * Patches are to go out of force.
     *
     * @param ids at least one
     */
    public record Reverting(List<PatchId> ids) implements Work {}

    private JointOperation(List<Part> parts, Consistency consistency) {
        long began = System.nanoTime();
        Ties ties = Ties.of(PatchSet.newTransaction(), PidNamespace.own(),
                parts.stream().map(part -> new Ties.Member(part.pid(), part.startTime())).toList());
        members = parts.stream().map(part -> new JointMember(part, consistency, ties, began)).toList();
    }

    /**
     * Does it everywhere, or nowhere.
     *
     * @param parts at least one, and none of a process that another is of
     */
    public static TransactionReport run(List<Part> parts, Consistency consistency) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("there is no process to do anything to");
        }
        if (parts.size() > Ties.MOST_MEMBERS) {
            throw new IllegalArgumentException(
                    "a transaction has " + Ties.MOST_MEMBERS + " processes at most, and these are "
                            + parts.size() + ": do it in several");
        }
        if (parts.size() == 1) {
            return alone(parts.getFirst(), consistency);
        }
        if (consistency.level() == Consistency.Level.PER_THREAD) {
            throw new RefusedException(parts.getFirst().pid(), new Refusal.NotByThread(
                    "it is to be done in " + parts.size() + " processes, or in none"));
        }
        return new JointOperation(parts, consistency).run();
    }

    private static TransactionReport alone(Part part, Consistency consistency) {
        try {
            Result done = switch (part.work()) {
                case Applying applying -> new Result.InForce(part.pid(), ApplyOperation.run(applying.plans(),
                        consistency, applying.checks(), part.memory(), Optional.empty(),
                        false));
                case Reverting reverting -> new Result.Reverted(part.pid(), RevertOperation.run(part.pid(),
                        part.startTime(), reverting.ids(), consistency, part.memory()));
            };
            return new TransactionReport(Optional.empty(), List.of(done));
        } catch (RuntimeException | VirtualMachineError failed) {
            RuntimeException why = part.explain().apply(failed);
            return new TransactionReport(Optional.of(why), List.of(JointMember.failed(part.pid(), why)));
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

    /** Behind this nothing is undone any more, unless it is certain that nothing has been decided. */
    private Optional<RuntimeException> untilCommitted() {
        try {
            return untilFailure(JointMember::open).or(this::prepare).or(() -> untilFailure(JointMember::commit))
                    .or(() -> untilFailure(JointMember::isThere));
        } catch (Error error) {
            undo(error);
            throw error;
        }
    }

    private Optional<RuntimeException> untilFailure(Function<JointMember, Optional<RuntimeException>> phase) {
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

    /** The last one first. */
    private List<Result> undo(Throwable cause) {
        List<Result> results = new ArrayList<>();
        for (JointMember member : members.reversed()) {
            results.addFirst(member.undo(cause));
        }
        return results;
    }

    private TransactionReport decided() {
        // Everybody is told, whoever cannot be.
        List<Optional<RuntimeException>> telling = members.stream().map(JointMember::stay).toList();
        boolean allTold = telling.stream().allMatch(Optional::isEmpty);
        members.forEach(member -> member.settle(allTold));
        List<Result> results = members.stream().map(JointMember::done).toList();
        Optional<RuntimeException> gone = results.stream().filter(Result.Gone.class::isInstance)
                .map(Result.Gone.class::cast).<RuntimeException>map(Result.Gone::why).findFirst();
        return new TransactionReport(gone, results);
    }
}
