package dev.pulpo.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What a thread that stands in the way was doing when it was looked at last.
 *
 * @param tid        its id, as this process sees it
 * @param name       its name, as the kernel has it (proc_pid_comm(5)); {@code ?} where it has ended since
 * @param stack      the frames of its stack as far as they were followed, the innermost first, as
 *                   {@code function+offset (object)}; empty where it could not be stopped, or for all but the first of very
 *                   many threads
 * @param frame      which of them stands in the way, counted from 0; -1 where it is none of them
 * @param systemCall the name of the system call that it sat in, such as {@code poll}; empty where it ran
 * @param since      when it was first found in the way, in the same place as at every look since
 * @param blocking   for how long that was so until the last look
 * @param looks      how many looks that were; what it did between them nobody knows
 */
public record BlockingThread(int tid, String name, List<String> stack, int frame, Optional<String> systemCall,
        Instant since, Duration blocking, int looks) {
    public BlockingThread {
        stack = List.copyOf(stack);
    }

    /** A thread that has been looked at once, just now. */
    public static BlockingThread now(int tid, String name, List<String> stack, int frame,
            Optional<String> systemCall) {
        return new BlockingThread(tid, name, stack, frame, systemCall, Instant.now(), Duration.ZERO, 1);
    }

    /** The same thread, which has been in the way before. */
    public BlockingThread since(Instant first, Duration duration, int times) {
        return new BlockingThread(tid, name, stack, frame, systemCall, first, duration, times);
    }

    /** What it does and since when, for people. */
    String activity() {
        String call = systemCall.map(known -> "it sits in the system call " + known)
                .orElse(stack.isEmpty() ? "" : "it is in no system call");
        String times = looks == 1
                ? ""
                : "so at each of " + looks + " looks in " + blocking.toMillis() + " ms, since " + since;
        return call + (call.isEmpty() || times.isEmpty() ? "" : "; ") + times;
    }

    /** The stack, one line for a frame, the one that stands in the way marked. */
    List<String> stackLines() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < stack.size(); i++) {
            lines.add((i == frame ? "  > " : "    ") + stack.get(i));
        }
        return lines;
    }
}
