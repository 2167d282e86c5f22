package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;

/**
 * The stack of a thread.
 *
 * @param tid        the thread
 * @param name       its name
 * @param frames     its functions, innermost first
 * @param incomplete why frames are missing at the end; empty for a complete stack
 * @param stopped    how long the thread was stopped
 */
public record ThreadStack(int tid, String name, List<StackFrame> frames, String incomplete, Duration stopped) {
    public ThreadStack {
        frames = List.copyOf(frames);
    }

    /** Whether the stack is known to its beginning. */
    public boolean isComplete() {
        return incomplete.isEmpty();
    }

    /** The same with another duration of the stop. */
    public ThreadStack stoppedFor(Duration time) {
        return new ThreadStack(tid, name, frames, incomplete, time);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("thread " + tid + " (" + name + ")");
        for (int i = 0; i < frames.size(); i++) {
            text.append(String.format("%n  #%-2d %s", i, frames.get(i)));
            frames.get(i).locals().forEach(local -> text.append(String.format("%n        %s", local)));
        }
        return isComplete() ? text.toString() : text + System.lineSeparator() + "  no further: " + incomplete;
    }
}
