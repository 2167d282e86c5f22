package dev.pulpo.engine;

/** A thread that stands in the way. */
public sealed interface Blocker {
    /** The thread's id, as this process sees it. */
    int tid();

    /** The reason, for a person to read. */
    String message();

    /**
     * The thread is, or may be, inside a function that is about to change.
     *
     * @param name     the thread's name
     * @param function the function
     * @param address  what was found in the instruction pointer or on the stack, as {@code object+offset}
     */
    record InsideFunction(int tid, String name, String function, String address) implements Blocker {
        @Override
        public String message() {
            return "thread " + tid + " (" + name + ") is inside " + function + " at " + address;
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
        public String message() {
            return "thread " + tid + " (" + name + ") cannot be borrowed: " + reason;
        }
    }

    /**
     * The thread's stack cannot be followed, so nothing is known of where it will return to.
     *
     * @param name   the thread's name
     * @param reason why
     */
    record UnknownStack(int tid, String name, String reason) implements Blocker {
        @Override
        public String message() {
            return "thread " + tid + " (" + name + ") has a stack that cannot be followed: " + reason;
        }
    }
}
