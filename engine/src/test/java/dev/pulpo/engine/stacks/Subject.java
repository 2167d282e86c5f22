package dev.pulpo.engine.stacks;

import java.util.List;
import java.util.function.Supplier;

/**
 * A program under load whose stacks are looked at.
 *
 * @param processes those of it that work; each stop is one of one of them
 * @param failures  what went wrong so far, as its load sees it; empty if nothing
 * @param end       ends it
 */
record Subject(String name, Supplier<List<Integer>> processes, Supplier<String> failures, Runnable end)
        implements
            AutoCloseable {
    @Override
    public void close() {
        end.run();
    }
}
