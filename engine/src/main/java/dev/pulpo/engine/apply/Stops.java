package dev.pulpo.engine.apply;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PauseExceededException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.engine.trace.Sightings;
import dev.pulpo.ffm.SystemCallException;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Stops the process again and again, until no thread is in the way of a set of changes, or the deadline is over. */
final class Stops {
    private static final long FIRST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final long LONGEST_BACKOFF_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
    private static final long FIRST_PATIENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long LONGEST_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Session session;
    private final List<Change> changes;
    private final List<FunctionRecord> functions;
    private final CodeRanges forbidden;
    private final Consistency consistency;
    private final StopCondition.Maker condition;
    private final Sightings sightings = new Sightings();

    private long release;
    private int tooLong;
    private Duration shortest = Duration.ofSeconds(Long.MAX_VALUE);

    /**
     * What it took to make the changes.
     *
     * @param figures  of the stop in which they were made
     * @param attempts how many stops it took
     * @param released how many of those were released because they would have exceeded their budget
     */
    record Done(ProcessStop.Figures figures, int attempts, int released) {}

    /**
     * @param changes     what to write
     * @param functions   the functions whose bytes that concerns
     * @param forbidden   code in which no thread may be
     * @param consistency what was asked for
     */
    Stops(Session session, List<Change> changes, List<FunctionRecord> functions, CodeRanges forbidden,
            Consistency consistency) {
        this(session, changes, functions, forbidden, consistency,
                (arena, tables) -> StopCondition.NO_THREAD_INSIDE);
    }

    /** @param condition decides, in each stop, what is to be made of the threads that are in that code */
    Stops(Session session, List<Change> changes, List<FunctionRecord> functions, CodeRanges forbidden,
            Consistency consistency, StopCondition.Maker condition) {
        this.session = session;
        this.changes = changes;
        this.functions = functions;
        this.forbidden = forbidden;
        this.consistency = consistency;
        this.condition = condition;
    }

    /**
     * Makes the changes, and reads them back. The last attempt begins behind the deadline: of threads that are in the way
     * then, all is found out that there is to report.
     *
     * @throws BlockedException       where threads were in the way until the deadline; nothing is changed then
     * @throws PauseExceededException where the last attempt would have stopped the process for too long; nothing is changed
     *                                then
     */
    Done untilDone(long deadline) {
        Warmup.await();
        long backoff = FIRST_BACKOFF_NANOS;
        for (int attempt = 1;; attempt++) {
            boolean last = System.nanoTime() - deadline >= 0;
            if (last && attempt > 1 && !forbidden.isEmpty() && session.knownTables().isEmpty()) {
                session.makeTables();
            }
            Commit.Result result;
            try {
                result = attempt(Math.min(attempt * FIRST_PATIENCE_NANOS, LONGEST_PATIENCE_NANOS), last);
            } catch (TargetBusyException busy) {
                // On a crowded machine threads wait for their turn to stop. All have been let go; they get another chance.
                if (last) {
                    throw busy;
                }
                backoff = pause(backoff, deadline);
                continue;
            } catch (RuntimeException | Error failed) {
                if (areMade()) {
                    throw behindTheChange(failed);
                }
                throw failed;
            }
            if (result.holdsOn()) {
                session.renewTracer();
            }
            if (result.isDone()) {
                return new Done(result.figures(), attempt, tooLong);
            }
            if (result.tooLong()) {
                noteTooLong(result.figures(), last);
                backoff = pause(backoff, deadline);
                continue;
            }
            if (result.needsTables()) {
                sightings.addSome(result.blockers());
                session.makeTables();
                continue;
            }
            boolean unknown = result.blockers().stream().anyMatch(Blocker.UnknownStack.class::isInstance);
            if (unknown && session.learnsFrames()) {
                sightings.addSome(result.blockers());
                continue;
            }
            List<Blocker> blockers = sightings.add(result.blockers());
            if (last) {
                throw new BlockedException(session.pid(), consistency.timeout(), blockers);
            }
            if (unknown) {
                // Something may have been loaded since the tables were made.
                session.makeTables();
            }
            backoff = pause(backoff, deadline);
        }
    }

    /** Whether all changes stand; false, too, where that cannot be told. */
    private boolean areMade() {
        try (Arena arena = Arena.ofConfined()) {
            return !changes.isEmpty()
                    && new Journal(session.pid(), session.memory(), changes, arena).firstMissing() == null;
        } catch (SystemCallException unreadable) {
            return false;
        }
    }

    /** A failure that has come too late to be one of what was asked for. */
    private RuntimeException behindTheChange(Throwable failed) {
        if (failed instanceof Error error) {
            error.addSuppressed(new IllegalStateException("what was asked for is in force nevertheless"));
            throw error;
        }
        return new TargetUnreadableException(session.pid(), "what was asked for is in force, and afterwards something "
                + "failed, so that more cannot be told of it: " + failed.getMessage(), failed);
    }

    private void noteTooLong(ProcessStop.Figures figures, boolean last) {
        tooLong++;
        shortest = figures.duration().compareTo(shortest) < 0 ? figures.duration() : shortest;
        if (last) {
            throw new PauseExceededException(session.pid(), consistency.maxPause().orElseThrow(), shortest, tooLong);
        }
    }

    /** Waits, but not for long behind the deadline. Returns how long to wait the next time. */
    private static long pause(long backoff, long deadline) {
        LockSupport.parkNanos(Math.min(backoff, Math.max(0, deadline - System.nanoTime())));
        return Math.min(2 * backoff, LONGEST_BACKOFF_NANOS);
    }

    /**
     * @param patience  with threads that do not stop, in nanoseconds: those that have stopped stand still meanwhile
     * @param forReport see {@link Commit.Conditions}
     */
    private Commit.Result attempt(long patience, boolean forReport) {
        return session.onTracer(tools -> {
            try (Arena arena = Arena.ofConfined()) {
                Optional<CfiMap> tables = session.knownTables();
                Commit commit = new Commit(session.image(), tools, session.memory(), arena, changes,
                        functions.stream().flatMapToLong(Changes::interior), new Commit.Conditions(forbidden, tables,
                                consistency.level(), PauseBudget.of(consistency.maxPause(), release), forReport),
                        condition.make(arena, tables));
                checkUnchanged(commit);
                commit.journal().touch();
                Commit.Result stopped = commit.run(System.nanoTime() + patience);
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
            byte[] found = Bytes.read(session.memory(), unexpected.site(), unexpected.before().length);
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
