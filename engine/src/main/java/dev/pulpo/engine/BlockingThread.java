package dev.pulpo.engine;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A thread that blocks a change, and what it did at the last look.
 *
 * @param tid        its id, as this process sees it
 * @param name       its name (proc_pid_comm(5)); {@code ?} where it has ended since
 * @param stack      the unwound frames of its stack, innermost first, as {@code function+offset (object)}; empty where the
 *                   thread could not be stopped, or for all but the first of very many threads
 * @param frame      index of the frame that blocks, from 0; -1 for none
 * @param systemCall name of the system call it was in, such as {@code poll}; empty where it ran
 * @param since      first look at which it blocked in the same place as at every look since
 * @param blocking   time from that look to the last one
 * @param looks      number of those looks; what it did between them is unknown
 */
public record BlockingThread(int tid, String name, List<String> stack, int frame, Optional<String> systemCall,
        Instant since, Duration blocking, int looks) {
    public BlockingThread {
        stack = List.copyOf(stack);
    }

    /** A thread after its first look, now. */
    public static BlockingThread now(int tid, String name, List<String> stack, int frame,
            Optional<String> systemCall) {
        return new BlockingThread(tid, name, stack, frame, systemCall, Instant.now(), Duration.ZERO, 1);
    }

    /** The same thread, seen before. */
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

    /** The stack, one line for a frame; the blocking frame is marked. */
    List<String> stackLines() {
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < stack.size(); i++) {
            lines.add((i == frame ? "  > " : "    ") + stack.get(i));
        }
        return lines;
    }
}
