package dev.pulpo.engine.operation;

import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.transaction.JointRevert;
import dev.pulpo.engine.transaction.TransactionRecords;
import dev.pulpo.engine.transaction.TransactionStep;
import dev.pulpo.engine.transaction.PatchSet;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.commit.CommitLoop;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** One process of a {@link JointOperation}: its progress and its result. Each phase returns its failure. */
final class JointMember implements AutoCloseable {
    private final JointOperation.Part part;
    private final Consistency consistency;
    private final TransactionLink link;
    private final long began;
    private final long deadline;
    private Optional<Session> session = Optional.empty();
    private Optional<TransactionStep> step = Optional.empty();
    private Optional<CommitLoop.Done> committed = Optional.empty();
    private Optional<RuntimeException> failure = Optional.empty();

    JointMember(JointOperation.Part part, Consistency consistency, TransactionLink link, long began) {
        this.part = part;
        this.consistency = consistency;
        this.link = link;
        this.began = began;
        this.deadline = began + consistency.timeout().toNanos();
    }

    int pid() {
        return part.pid();
    }

    /** Takes the lock. */
    Optional<RuntimeException> open() {
        return attempt(
                () -> session = Optional.of(Session.open(part.tracee(), deadline, Warmup.begin())));
    }

    /** Loads new patches, and records the work. */
    Optional<RuntimeException> prepare() {
        return attempt(() -> {
            Session own = session.orElseThrow();
            step = Optional.of(switch (part.work()) {
                case JointOperation.Applying applying -> prepare(own, applying);
                case JointOperation.Reverting reverting ->
                    JointRevert.prepare(own, reverting.ids(), reverting.retention(), consistency, link);
            });
        });
    }

    private PatchSet prepare(Session own, JointOperation.Applying applying) {
        try {
            List<PatchPlan> open = PatchSet.replanned(own, applying.plans(), consistency, applying.checks());
            if (open.isEmpty()) {
                // Somebody has applied them since: there is nothing by which this process could take part.
                throw new RefusedException(part.pid(), new Refusal.AlreadyApplied(applying.plans().getFirst().id()));
            }
            return PatchSet.prepare(own, open, consistency, Optional.of(link));
        } catch (IOException e) {
            throw new UncheckedIOException(ApplyOperation.files(applying.plans()), e);
        }
    }

    /** Does the work, undecided. */
    Optional<RuntimeException> commit() {
        return attempt(() -> committed = Optional.of(step.orElseThrow().commit()));
    }

    /** Checks before the decision that the process has not ended. */
    Optional<RuntimeException> checkAlive() {
        return attempt(() -> step.orElseThrow().transaction().isHalfDone());
    }

    /** Writes the commit mark (first member only). The mark in target memory is authoritative, not the exception. */
    Optional<RuntimeException> decide() {
        TransactionRecords all = step.orElseThrow().transaction();
        try {
            all.mark(TransactionLink.Mark.DECIDED);
        } catch (RuntimeException | Error failed) {
            if (!all.isMarked()) {
                failure = Optional.of(part.explain().apply(failed instanceof RuntimeException known
                        ? known
                        : new IllegalStateException("it could not be decided", failed)));
            }
        }
        return failure;
    }

    /** Tells the process the decision. After a failure the decision holds, and the next tool tells the process. */
    Optional<RuntimeException> confirm() {
        return attempt(() -> step.orElseThrow().confirm());
    }

    /** Writes, if all processes have been told, that none has to be asked any more. */
    void settle(boolean allTold) {
        if (allTold) {
            attempt(() -> step.orElseThrow().transaction().mark(TransactionLink.Mark.SETTLED));
        }
    }

    /** The result after the decision. */
    Result result() {
        Optional<RuntimeException> gone = failure.filter(TargetGoneException.class::isInstance);
        if (gone.isPresent()) {
            return failed(part.pid(), gone.get());
        }
        TransactionStep all = step.orElseThrow();
        boolean[] unloaded = new boolean[1];
        Optional<RuntimeException> finishing = attempt(() -> unloaded[0] = all.finish());
        return finishing.filter(TargetGoneException.class::isInstance).map(why -> failed(part.pid(), why))
                .orElseGet(() -> all.result(committed.orElseThrow(), unloaded[0], began));
    }

    /** Undoes the work in this process, whichever process failed. */
    Result undo(Throwable cause) {
        session.ifPresent(Session::complete);
        if (step.isEmpty()) {
            return nothingChanged();
        }
        try {
            TransactionStep all = step.get();
            boolean wasDone = committed.isPresent();
            if (!wasDone) {
                all.abandon(cause);
            }
            if (!all.transaction().isHalfDone()) {
                return nothingChanged();
            }
            boolean unloaded = all.transaction().takeBack(System.nanoTime() + consistency.timeout().toNanos());
            return wasDone ? all.undone(unloaded) : nothingChanged();
        } catch (RuntimeException failed) {
            RuntimeException why = part.explain().apply(failed);
            return why instanceof TargetGoneException
                    ? failed(part.pid(), why)
                    : new Result.LeftBehind(part.pid(), why);
        }
    }

    private Result nothingChanged() {
        return failure.map(why -> failed(part.pid(), why))
                .orElseGet(() -> new Result.Untouched(part.pid()));
    }

    /** The result of a failure that changed nothing. */
    static Result failed(int pid, RuntimeException why) {
        return why instanceof TargetGoneException gone ? new Result.Gone(pid, gone) : new Result.Failed(pid, why);
    }

    private Optional<RuntimeException> attempt(Runnable work) {
        try {
            work.run();
            return Optional.empty();
        } catch (RuntimeException | VirtualMachineError failed) {
            failure = Optional.of(part.explain().apply(failed));
            return failure;
        }
    }

    @Override
    public void close() {
        session.ifPresent(Session::close);
    }
}
