package dev.pulpo.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;

/**
 * Threads of a process could not do their own work, for the same reason at the same time.
 *
 * @param cause   the reason
 * @param threads at least one; each from its own interrupt to its own release
 */
public record Pause(Cause cause, List<ThreadPause> threads) {
    /** Why threads could not do their own work. */
    public enum Cause {
        /** All threads of the process were stopped together. */
        STOP("stopped with all others"),
        /** One thread was stopped, to look at it. */
        LOOK("stopped alone"),
        /** One thread was borrowed, to call functions. */
        LOAN("borrowed");

        private final String words;

        Cause(String words) {
            this.words = words;
        }

        /** What happened to the thread, in words. */
        public String words() {
            return words;
        }
    }

    public Pause {
        threads = List.copyOf(threads);
        if (threads.isEmpty()) {
            throw new IllegalArgumentException("no thread pauses");
        }
    }

    /** When the first thread was asked to stop, on the scale of {@link ThreadPause#from}. */
    public long from() {
        return threads.stream().mapToLong(ThreadPause::from).min().orElseThrow();
    }

    /** When the last thread had been released, on the scale of {@link ThreadPause#to}. */
    public long to() {
        return threads.stream().mapToLong(ThreadPause::to).max().orElseThrow();
    }

    /** From the first interrupt to the last release. */
    public Duration duration() {
        return Duration.ofNanos(to() - from());
    }

    /** The longest pause of one thread. */
    public ThreadPause longest() {
        return threads.stream().max(Comparator.comparing(ThreadPause::duration)).orElseThrow();
    }

    @Override
    public String toString() {
        return (threads.size() == 1 ? "thread " + threads.getFirst().tid() : threads.size() + " threads") + " "
                + cause.words() + " for " + duration().toNanos() / 1000 + " µs";
    }
}
