package dev.pulpo.engine;

import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * What the tool did to one process, and which threads could not do their own work meanwhile. All times are nanoseconds of
 * CLOCK_MONOTONIC, as in {@link ThreadPause}.
 *
 * @param pid    the process
 * @param name   its name; {@code ?} where it has ended
 * @param steps  what the tool did, in the order of the beginnings; a step may lie in one before it
 * @param pauses of its threads, the oldest first
 * @param names  of threads that paused, by thread id; {@code ?} where one has ended
 * @see TimelineRecorder
 */
public record Timeline(int pid, String name, List<Step> steps, List<Pause> pauses, Map<Integer, String> names) {
    /** A phase of the operation. */
    public record Step(Phase phase, long from, long to) {
        /** How long it took. */
        public Duration duration() {
            return Duration.ofNanos(to - from);
        }

        @Override
        public String toString() {
            return phase.words() + " " + (to - from) / 1000 + " µs";
        }
    }

    public Timeline {
        steps = steps.stream().sorted(Comparator.comparingLong(Step::from).thenComparing(Step::to,
                Comparator.reverseOrder())).toList();
        pauses = List.copyOf(pauses);
        names = Map.copyOf(names);
    }

    /** When it begins; 0 if it is empty. */
    public long from() {
        return LongStream.concat(steps.stream().mapToLong(Step::from), pauses.stream().mapToLong(Pause::from)).min()
                .orElse(0);
    }

    /** When it ends; 0 if it is empty. */
    public long to() {
        return LongStream.concat(steps.stream().mapToLong(Step::to), pauses.stream().mapToLong(Pause::to)).max()
                .orElse(0);
    }

    /** The longest pause of one thread: {@link Outcome#pause}, if all of the operation was recorded. */
    public Optional<ThreadPause> longest() {
        return pauses.stream().map(Pause::longest).max(Comparator.comparing(ThreadPause::duration));
    }

    @Override
    public String toString() {
        return "process " + pid + " (" + name + "): " + steps + ", " + pauses.size()
                + (pauses.size() == 1 ? " pause" : " pauses")
                + longest().map(pause -> ", the longest: " + pause).orElse("");
    }
}
