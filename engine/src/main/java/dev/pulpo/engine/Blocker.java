package dev.pulpo.engine;

import java.util.List;
import java.util.stream.Collectors;

/** A thread that stands in the way. */
public sealed interface Blocker {
    /** The thread's id, as this process sees it. */
    int tid();

    /** The reason, for a person to read. */
    String message();

    /** The frames of its stack as far as they were followed, the innermost first, as {@code function+offset (object)}. */
    List<String> stack();

    /**
     * The thread is inside a function that is about to change, or will return there.
     *
     * @param name     the thread's name
     * @param function the function
     * @param address  where in it, as {@code function+offset (object)}
     */
    record InsideFunction(int tid, String name, String function, String address, List<String> stack)
            implements
                Blocker {
        public InsideFunction {
            stack = List.copyOf(stack);
        }

        @Override
        public String message() {
            return "thread " + tid + " (" + name + ") is inside " + function + " at " + address + stackBelow(stack);
        }
    }

    /**
     * The thread cannot be borrowed now.
     *
     * @param name   the thread's name
     * @param reason why
     */
    record NotBorrowable(int tid, String name, String reason) implements Blocker {
        @Override
        public List<String> stack() {
            return List.of();
        }

        @Override
        public String message() {
            return "thread " + tid + " (" + name + ") cannot be borrowed: " + reason;
        }
    }

    /**
     * The thread must not be borrowed, neither now nor later: it would not survive.
     *
     * @param name   the thread's name
     * @param reason why
     */
    record Forbidden(int tid, String name, String reason) implements Blocker {
        @Override
        public List<String> stack() {
            return List.of();
        }

        @Override
        public String message() {
            return "thread " + tid + " (" + name + ") must not be borrowed: " + reason;
        }
    }

    /**
     * The thread's stack cannot be followed, so nothing is known of where it will return to.
     *
     * @param name   the thread's name
     * @param reason why
     */
    record UnknownStack(int tid, String name, String reason, List<String> stack) implements Blocker {
        public UnknownStack {
            stack = List.copyOf(stack);
        }

        @Override
        public String message() {
            return "thread " + tid + " (" + name + ") has a stack that cannot be followed: " + reason
                    + stackBelow(stack);
        }
    }

    private static String stackBelow(List<String> stack) {
        return stack.stream().map(frame -> "\n    " + frame).collect(Collectors.joining());
    }
}
