package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TransactionReport.Result;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Optional;

/** One process of a {@link JointApply}: how far it is, and what has become of it. */
final class JointMember implements AutoCloseable {
    private final JointApply.Part part;
    private final Consistency consistency;
    private final Ties ties;
    private final long began;
    private final long deadline;
    private Optional<Session> session = Optional.empty();
    private Optional<PatchSet> set = Optional.empty();
    private Optional<Stops.Done> done = Optional.empty();
    private Optional<RuntimeException> failure = Optional.empty();

    JointMember(JointApply.Part part, Consistency consistency, Ties ties, long began) {
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

    /** Loads all patches. */
    Optional<RuntimeException> prepare() {
        return attempt(() -> {
            Session own = session.orElseThrow();
            Registry registry = Stale.retire(own,
                    Recovery.run(own, own.registry(deadline), consistency.maxPause(), deadline), List.of());
            try {
                set = Optional.of(PatchSet.prepare(own, PatchSet.replanned(own, part.plans(), registry, deadline),
                        registry, consistency, Optional.of(ties), deadline));
            } catch (IOException e) {
                throw new UncheckedIOException(ApplyOperation.files(part.plans()), e);
            }
        });
    }

    /** Has them in force, until it is decided whether they stay. */
    Optional<RuntimeException> commit() {
        return attempt(() -> done = Optional.of(set.orElseThrow().commit(State.PENDING)));
    }

    /** Whether the process is there; it is asked before it is decided. */
    Optional<RuntimeException> isThere() {
        return attempt(() -> set.orElseThrow().isHalfDone());
    }

    /** Decides for all, where this is the first. What fails behind the mark has not failed. */
    Optional<RuntimeException> decide() {
        return attempt(() -> {
            try {
                set.orElseThrow().mark(Ties.Mark.DECIDED);
            } catch (RuntimeException failed) {
                if (!set.orElseThrow().isMarked()) {
                    throw failed;
                }
            }
        });
    }

    /** Tells the process that it has been decided. Where that fails, it is in force nevertheless; the next tool tells it. */
    Optional<RuntimeException> stay() {
        return attempt(() -> set.orElseThrow().stay());
    }

    /** Notes that nobody has to ask another process any more; unless some could not be told. */
    void settle(boolean allTold) {
        if (allTold) {
            attempt(() -> set.orElseThrow().mark(Ties.Mark.SETTLED));
        }
    }

    /** What there is to report once it has been decided. */
    Result inForce() {
        Optional<RuntimeException> gone = failure.filter(TargetGoneException.class::isInstance);
        if (gone.isPresent()) {
            return failed(part.pid(), gone.get());
        }
        PatchSet all = set.orElseThrow();
        boolean[] unloaded = new boolean[1];
        Optional<RuntimeException> finishing = attempt(() -> unloaded[0] = all.finish());
        return finishing.filter(TargetGoneException.class::isInstance).map(why -> failed(part.pid(), why))
                .orElseGet(() -> new Result.InForce(part.pid(), all.outcomes(done.orElseThrow(), unloaded[0], began)));
    }

    /** Undoes what has been done here, because of this process or of another. */
    Result undo(Throwable cause) {
        if (set.isEmpty()) {
            return nothingChanged();
        }
        try {
            boolean wasInForce = done.isPresent();
            if (!wasInForce) {
                set.get().abandon(cause);
            }
            if (!set.get().isHalfDone()) {
                return nothingChanged();
            }
            boolean unloaded = set.get().takeBack(System.nanoTime() + consistency.timeout().toNanos());
            return wasInForce ? new Result.TakenBack(part.pid(), unloaded) : nothingChanged();
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
        } catch (RuntimeException failed) {
            failure = Optional.of(part.explain().apply(failed));
            return failure;
        }
    }

    @Override
    public void close() {
        session.ifPresent(Session::close);
    }
}
