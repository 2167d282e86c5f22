package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Stacks of a process at many instants, counted.
 *
 * @param pid      the process
 * @param name     its name
 * @param samples  how often its threads were looked at; fewer than asked for if it ended meanwhile, or the caller was interrupted
 * @param every    the time between two samples that was asked for
 * @param late     how many instants passed while the sample before them was still being taken
 * @param took     the duration of all samples
 * @param stacks   each once, the most frequent first
 * @param omitted  stacks that are not counted, because too many different ones were found
 * @param cost     how long each thread was stopped for it, those first that were stopped longest in all
 */
public record StackProfile(int pid, String name, int samples, Duration every, int late, Duration took,
        List<Stack> stacks, long omitted, List<Cost> cost) {
    /** The name of the outermost frame of a stack that is not known to its beginning. */
    public static final String INCOMPLETE = "[incomplete]";

    /**
     * A stack.
     *
     * @param thread  the name of its thread
     * @param running whether the thread ran, or could have; otherwise it waited
     * @param frames  the outermost first
     * @param count   in how many samples a thread was found so
     */
    public record Stack(String thread, boolean running, List<Frame> frames, long count) {
        public Stack {
            frames = List.copyOf(frames);
        }

        @Override
        public String toString() {
            return thread + (running ? " (running)" : " (waiting)") + ": " + frames + " " + count;
        }
    }

    /**
     * A function that a thread is in.
     *
     * @param function its name; empty where unknown
     * @param object   the file name of the object with its code; empty for none
     * @param inlined  whether it is an inlined copy in the frame outside of it
     */
    public record Frame(String function, String object, boolean inlined) {
        /** The function, or where it is. */
        public String words() {
            return function.isEmpty() ? "[" + (object.isEmpty() ? "unknown" : object) + "]" : function;
        }

        @Override
        public String toString() {
            return words() + (inlined ? " (inlined)" : "");
        }
    }

    /**
     * What a thread has paid for the samples.
     *
     * @param tid     the thread
     * @param name    its name at the last sample
     * @param stops   how often it was stopped
     * @param longest its longest stop, from the interrupt to the release
     * @param total   all its stops together
     */
    public record Cost(int tid, String name, int stops, Duration longest, Duration total) {
        @Override
        public String toString() {
            return "thread " + tid + " (" + name + "): " + stops + " stops, the longest " + longest.toNanos() / 1000
                    + " µs, together " + total.toNanos() / 1000 + " µs";
        }
    }

    public StackProfile {
        stacks = List.copyOf(stacks);
        cost = List.copyOf(cost);
    }

    /** The number of stacks that were counted. */
    public long count() {
        return stacks.stream().mapToLong(Stack::count).sum();
    }

    /** The thread that was stopped longest at a time; empty if none was stopped. */
    public Optional<Cost> longest() {
        return cost.stream().max(java.util.Comparator.comparing(Cost::longest));
    }

    /** All stops of all threads together. */
    public Duration paused() {
        return cost.stream().map(Cost::total).reduce(Duration.ZERO, Duration::plus);
    }

    @Override
    public String toString() {
        return samples + (samples == 1 ? " sample" : " samples") + " of process " + pid + " (" + name + ") in "
                + took.toMillis() + " ms: " + count() + " stacks, " + stacks.size() + " different; " + cost.size()
                + (cost.size() == 1 ? " thread" : " threads") + " stopped for " + paused().toNanos() / 1000
                + " µs in all"
                + longest().map(most -> ", one for at most " + most.longest().toNanos() / 1000 + " µs (thread "
                        + most.tid() + ")").orElse("")
                + (late == 0 ? "" : "; " + late + " samples were too late to be taken")
                + (omitted == 0 ? "" : "; " + omitted + " stacks are left out");
    }
}
