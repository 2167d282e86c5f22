package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** One process of a {@link JointOperation}: how far it is, and what has become of it. */
final class JointMember implements AutoCloseable {
    private final JointOperation.Part part;
    private final Consistency consistency;
    private final Ties ties;
    private final long began;
    private final long deadline;
    private Optional<Session> session = Optional.empty();
    private Optional<JointStep> step = Optional.empty();
    private Optional<Stops.Done> committed = Optional.empty();
    private Optional<RuntimeException> failure = Optional.empty();

    JointMember(JointOperation.Part part, Consistency consistency, Ties ties, long began) {
        this.part = part;
        this.consistency = consistency;
        this.ties = ties;
        this.began = began;
        this.deadline = began + consistency.timeout().toNanos();
    }

    /** Takes the lock. Returns what has failed, as the other phases do. */
    Optional<RuntimeException> open() {
        return attempt(() -> session = Optional.of(Session.open(part.pid(), part.startTime(), part.memory())));
    }

    /** Loads what is to come, and records what is to be done. */
    Optional<RuntimeException> prepare() {
        return attempt(() -> {
            Session own = session.orElseThrow();
            step = Optional.of(switch (part.work()) {
                case JointOperation.Applying applying -> prepare(own, applying);
                case JointOperation.Reverting reverting ->
                    Departure.prepare(own, reverting.ids(), consistency, ties, deadline);
            });
        });
    }

    private PatchSet prepare(Session own, JointOperation.Applying applying) {
        Registry registry = Stale.retire(own,
                Recovery.run(own, own.registry(deadline), consistency.maxPause(), deadline), List.of());
        try {
            return PatchSet.prepare(own,
                    PatchSet.replanned(own, applying.plans(), registry, applying.checks(), deadline), registry,
                    consistency, Optional.of(ties), deadline);
        } catch (IOException e) {
            throw new UncheckedIOException(ApplyOperation.files(applying.plans()), e);
        }
    }

    /** Has it done, until it is decided whether that stays. */
    Optional<RuntimeException> commit() {
        return attempt(() -> committed = Optional.of(step.orElseThrow().commit()));
    }

    /** Whether the process is there; it is asked before it is decided. */
    Optional<RuntimeException> isThere() {
        return attempt(() -> step.orElseThrow().records().isHalfDone());
    }

    /** Decides for all, where this is the first. Whether it has, what stands in the process tells, and no failure. */
    Optional<RuntimeException> decide() {
        TransactionRecords all = step.orElseThrow().records();
        try {
            all.mark(Ties.Mark.DECIDED);
        } catch (RuntimeException | Error failed) {
            if (!all.isMarked()) {
                failure = Optional.of(part.explain().apply(failed instanceof RuntimeException known
                        ? known
                        : new IllegalStateException("it could not be decided", failed)));
            }
        }
        return failure;
    }

    /** Tells the process that it has been decided. Where that fails, it stays nevertheless; the next tool tells it. */
    Optional<RuntimeException> stay() {
        return attempt(() -> step.orElseThrow().stay());
    }

    /** Notes that nobody has to ask another process any more; unless some could not be told. */
    void settle(boolean allTold) {
        if (allTold) {
            attempt(() -> step.orElseThrow().records().mark(Ties.Mark.SETTLED));
        }
    }

    /** What there is to report once it has been decided. */
    Result done() {
        Optional<RuntimeException> gone = failure.filter(TargetGoneException.class::isInstance);
        if (gone.isPresent()) {
            return failed(part.pid(), gone.get());
        }
        JointStep all = step.orElseThrow();
        boolean[] unloaded = new boolean[1];
        Optional<RuntimeException> finishing = attempt(() -> unloaded[0] = all.finish());
        return finishing.filter(TargetGoneException.class::isInstance).map(why -> failed(part.pid(), why))
                .orElseGet(() -> all.done(committed.orElseThrow(), unloaded[0], began));
    }

    /** Undoes what has been done here, because of this process or of another. */
    Result undo(Throwable cause) {
        if (step.isEmpty()) {
            return nothingChanged();
        }
        try {
            JointStep all = step.get();
            boolean wasDone = committed.isPresent();
            if (!wasDone) {
                all.abandon(cause);
            }
            if (!all.records().isHalfDone()) {
                return nothingChanged();
            }
            boolean unloaded = all.records().takeBack(System.nanoTime() + consistency.timeout().toNanos());
            return wasDone ? all.takenBack(unloaded) : nothingChanged();
        } catch (RuntimeException failed) {
            RuntimeException why = part.explain().apply(failed);
            return why instanceof TargetGoneException
                    ? failed(part.pid(), why)
                    : new Result.LeftBehind(part.pid(), why);
        }
    }

    private Result nothingChanged() {
        return failure.map(why -> failed(part.pid(), why)).orElseGet(() -> new Result.Untouched(part.pid()));
    }

    /** What a failure, with nothing changed, comes to. */
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
