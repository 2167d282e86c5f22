package dev.pulpo.engine.commit;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.flight.CommitEvent;
import dev.pulpo.engine.flight.Flight;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.engine.trace.BlockerHistory;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.ffm.SystemCallException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Stops the process again and again, until no thread blocks a set of changes, or the deadline has passed. */
public final class CommitLoop {
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long FIRST_STOP_TIMEOUT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LONGEST_STOP_TIMEOUT_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Session session;
    private final List<Change> changes;
    private final List<FunctionRecord> functions;
    private final CodeRanges forbidden;
    private final Consistency consistency;
    private final StopCondition.Maker condition;
    private final BlockerHistory history = new BlockerHistory();

    private long release;
    private int tooLong;
    private Duration shortest = Duration.ofSeconds(Long.MAX_VALUE);

    /**
     * The successful stop.
     *
     * @param figures  measurements of it
     * @param attempts how many stops there were
     * @param released how many of them were released because they would have exceeded their budget
     */
    public record Done(ProcessStop.Figures figures, int attempts, int released) {}

    /**
     * @param changes     what to write
     * @param functions   the functions whose bytes change
     * @param forbidden   code in which no thread may be
     * @param consistency the requested level and limits
     */
    public CommitLoop(Session session, List<Change> changes, List<FunctionRecord> functions, CodeRanges forbidden,
            Consistency consistency) {
        this(session, changes, functions, forbidden, consistency,
                (arena, tables) -> StopCondition.NO_THREAD_INSIDE);
    }

    /** @param condition judges, in each stop, the threads in the forbidden code */
    public CommitLoop(Session session, List<Change> changes, List<FunctionRecord> functions, CodeRanges forbidden,
            Consistency consistency, StopCondition.Maker condition) {
        this.session = session;
        this.changes = changes;
        this.functions = functions;
        this.forbidden = forbidden;
        this.consistency = consistency;
        this.condition = condition;
    }

    /**
     * Makes the changes, and reads them back. The final attempt starts after the deadline and records full stacks for
     * the report.
     *
     * @throws BlockedException       where threads blocked the change until the deadline; nothing is changed
     * @throws dev.pulpo.engine.OperationInterruptedException where the caller wants to end; nothing is changed
     * @throws PauseExceededException where the last attempt would have exceeded the pause budget; nothing is changed
     */
    @SuppressWarnings("try") // the phase is there to be closed
    public Done untilDone(long deadline) {
        CommitEvent event = Flight.isOn() ? new CommitEvent(session.pid(), functions.size()) : null;
        try (Tracee.Span committing = session.phase(Phase.COMMIT)) {
            Done done = done(deadline);
            if (event != null) {
                event.made(done.attempts(), done.released());
            }
            return done;
        } finally {
            if (event != null) {
                event.ended();
            }
            session.ledger().changed();
        }
    }

    @SuppressWarnings("try") // the phase is there to be closed
    private Done done(long deadline) {
        try (Tracee.Span rehearsing = session.phase(Phase.REHEARSAL)) {
            Warmup.await();
        }
        long backoff = FIRST_BACKOFF_NANOS;
        for (int attempt = 1;; attempt++) {
            session.checkInterrupted();
            boolean last = System.nanoTime() - deadline >= 0;
            if (last && attempt > 1 && !forbidden.isEmpty() && session.knownTables().isEmpty()) {
                session.makeTables();
            }
            Commit.Result made;
            try {
                made = attempt(Math.min(attempt * FIRST_STOP_TIMEOUT_NANOS, LONGEST_STOP_TIMEOUT_NANOS), last);
            } catch (TargetBusyException busy) {
                // On a loaded machine threads wait for a CPU before they can stop. All have been released; the next
                // attempt waits longer.
                if (last) {
                    throw busy;
                }
                backoff = pause(backoff, deadline);
                continue;
            } catch (RuntimeException | Error failed) {
                if (areMade()) {
                    throw afterTheChange(session.pid(), failed);
                }
                throw failed;
            }
            Commit.Result result = made;
            if (result.hasUnreleased()) {
                session.renewTracer();
            }
            int stops = attempt;
            session.tell(listener -> listener.stopped(session.pid(), stops, result.figures().duration()));
            if (result.isDone()) {
                session.tell(listener -> listener.committed(session.pid(), stops, result.figures().duration()));
                return new Done(result.figures(), attempt, tooLong);
            }
            if (result.tooLong()) {
                noteTooLong(result.figures(), last);
                backoff = pause(backoff, deadline);
                continue;
            }
            if (result.needsTables()) {
                history.addSome(result.blockers());
                session.makeTables();
                continue;
            }
            boolean unknown = result.blockers().stream().anyMatch(Blocker.UnknownStack.class::isInstance);
            if (unknown && session.learnsFrames()) {
                history.addSome(result.blockers());
                continue;
            }
            List<Blocker> blockers = history.add(result.blockers());
            session.tell(listener -> listener.blocked(session.pid(), stops, blockers));
            if (last) {
                throw new BlockedException(session.pid(), consistency.timeout(), blockers);
            }
            if (unknown) {
                // An object may have been loaded since the tables were made.
                session.makeTables();
            }
            backoff = pause(backoff, deadline);
        }
    }

    /** Whether all changes are in place; false where the memory cannot be read. */
    private boolean areMade() {
        try (Arena arena = Arena.ofConfined()) {
            return !changes.isEmpty()
                    && new Journal(session.pid(), session.memory(), changes, arena).firstMissing() == null;
        } catch (SystemCallException unreadable) {
            return false;
        }
    }

    /** A failure that came after the change was made; an error is thrown. */
    public static RuntimeException afterTheChange(int pid, Throwable failed) {
        if (failed instanceof Error error) {
            error.addSuppressed(new IllegalStateException("what was asked for is in force nevertheless"));
            throw error;
        }
        return new TargetUnreadableException(pid, "what was asked for is in force, and afterwards something "
                + "failed, so that more cannot be told of it: " + failed.getMessage(), failed);
    }

    private void noteTooLong(ProcessStop.Figures figures, boolean last) {
        tooLong++;
        shortest = figures.duration().compareTo(shortest) < 0 ? figures.duration() : shortest;
        if (last) {
            throw new PauseExceededException(session.pid(), consistency.maxPause().orElseThrow(), shortest, tooLong);
        }
    }

    /** Waits, at most until the deadline. Returns the next backoff. */
    private long pause(long backoff, long deadline) {
        session.pause(Math.min(backoff, Math.max(0, deadline - System.nanoTime())));
        return Math.min(2 * backoff, LONGEST_BACKOFF_NANOS);
    }

    /**
     * @param timeout   for threads to stop, in nanoseconds; the stopped ones stand still meanwhile
     * @param forReport see {@link Commit.Conditions}
     */
    private Commit.Result attempt(long timeout, boolean forReport) {
        return session.onTracer(tools -> {
            try (Arena arena = Arena.ofConfined()) {
                Optional<CfiMap> tables = session.knownTables();
                Commit commit = new Commit(session.image(), tools, session.memory(), arena, changes,
                        functions.stream().flatMapToLong(Changes::interior), new Commit.Conditions(forbidden, tables,
                                consistency.level(), PauseBudget.of(consistency.maxPause(), release), forReport),
                        condition.make(arena, tables));
                checkUnchanged(commit);
                commit.journal().touch();
                Commit.Result stopped = commit.run(System.nanoTime() + timeout);
                release = stopped.figures().release();
                if (stopped.isDone()) {
                    checkArrived(commit);
                }
                return stopped;
            }
        });
    }

    private void checkUnchanged(Commit commit) {
        Change unexpected = commit.journal().firstUnexpected();
        if (unexpected != null) {
            byte[] found = session.memory().bytes(unexpected.site(), unexpected.before().length);
            throw new RefusedException(session.pid(), new Refusal.UnexpectedBytes(unexpected.function(),
                    HexFormat.of().formatHex(found), HexFormat.of().formatHex(unexpected.before())));
        }
    }

    private void checkArrived(Commit commit) {
        Change missing = commit.journal().firstMissing();
        if (missing != null) {
            throw new TargetUnreadableException(session.pid(), "the bytes of " + missing.function() + " at "
                    + missing.site() + " were written, and others are there");
        }
    }
}
