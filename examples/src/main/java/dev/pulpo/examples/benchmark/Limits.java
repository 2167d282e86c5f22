package dev.pulpo.examples.benchmark;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Runs one experiment after the other, each for a limited time. One that takes longer is interrupted, and its processes are
 * killed, so that it ends.
 *
 * @param each of one experiment
 * @param told gets what begins
 */
record Limits(Duration each, Consumer<String> told) {
    /** How long an experiment without processes may take to end. */
    private static final Duration GRACE = Duration.ofSeconds(30);

    /** What has become of an experiment. */
    sealed interface Result<T> {
        /** It has been done. */
        record Done<T>(T value) implements Result<T> {}

        /** It has not, with the reason for people. */
        record Missing<T>(String reason) implements Result<T> {}
    }

    /** Why an experiment is not tried. */
    static final class NotHereException extends Exception {
        private static final long serialVersionUID = 1L;

        NotHereException(String reason) {
            super(reason);
        }
    }

    /** With at least this time for each experiment. */
    Limits atLeast(Duration time) {
        return time.compareTo(each) > 0 ? new Limits(time, told) : this;
    }

    <T> Result<T> run(String what, Callable<T> experiment) throws InterruptedException {
        told.accept(what);
        FutureTask<T> task = new FutureTask<>(experiment);
        Thread thread = Thread.ofPlatform().daemon().name(what).start(task);
        try {
            return new Result.Done<>(task.get(each.toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException tooLong) {
            end(thread, what);
            return new Result.Missing<>("took longer than its limit of " + each.toSeconds() + " s");
        } catch (ExecutionException failed) {
            Throwable cause = failed.getCause();
            return new Result.Missing<>(
                    cause instanceof NotHereException ? String.valueOf(cause.getMessage()) : "failed: " + cause);
        } finally {
            Target.closeAll();
        }
    }

    private static void end(Thread thread, String what) throws InterruptedException {
        thread.interrupt();
        Target.closeAll();
        if (!thread.join(GRACE)) {
            throw new IllegalStateException(what + " does not end");
        }
    }
}
