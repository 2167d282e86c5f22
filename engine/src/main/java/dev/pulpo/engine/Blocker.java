package dev.pulpo.engine;

import java.util.List;

/** A thread that stands in the way. */
public sealed interface Blocker {
    /** The thread, what it does, and since when it stands in the way. */
    BlockingThread thread();

    /** Why it stands in the way, as what the thread is: {@code "is inside …"}. */
    String reason();

    /** What the user can do: any of these, if there is one. */
    List<Remedy> remedies();

    /** The remedies for a person to read. */
    default String remedy() {
        return Remedy.Wording.LIBRARY.say(remedies());
    }

    /** The same reason for the same thread, of which more is known. */
    Blocker of(BlockingThread known);

    /** What is known but for the remedies: several lines, without an end of line after the last. */
    default String facts() {
        return BlockerText.facts(List.of(this));
    }

    /** The thread's id, as this process sees it. */
    default int tid() {
        return thread().tid();
    }

    /** The frames of its stack; see {@link BlockingThread#stack}. */
    default List<String> stack() {
        return thread().stack();
    }

    /** All that is known, for a person to read: several lines, without an end of line after the last. */
    default String message() {
        return message(Remedy.Wording.LIBRARY);
    }

    /** The same for readers who know remedies by other names. */
    default String message(Remedy.Wording words) {
        return BlockerText.of(List.of(this), words);
    }

    /**
     * The thread is inside a function that is about to change, or will return there.
     *
     * @param function the function
     * @param address  where in it, as {@code function+offset (object)}
     */
    record InsideFunction(BlockingThread thread, String function, String address,
            List<Remedy> remedies) implements Blocker {
        @Override
        public String reason() {
            return "is inside " + function + " at " + address;
        }

        @Override
        public Blocker of(BlockingThread known) {
            return new InsideFunction(known, function, address, remedies);
        }
    }

    /**
     * The thread cannot be borrowed now.
     *
     * @param why the reason
     */
    record NotBorrowable(BlockingThread thread, String why, List<Remedy> remedies) implements Blocker {
        @Override
        public String reason() {
            return "cannot be borrowed: " + why;
        }

        @Override
        public Blocker of(BlockingThread known) {
            return new NotBorrowable(known, why, remedies);
        }
    }

    /**
     * The thread must not be borrowed, neither now nor later: it would not survive.
     *
     * @param why the reason
     */
    record Forbidden(BlockingThread thread, String why, List<Remedy> remedies) implements Blocker {
        @Override
        public String reason() {
            return "must not be borrowed: " + why;
        }

        @Override
        public Blocker of(BlockingThread known) {
            return new Forbidden(known, why, remedies);
        }
    }

    /**
     * The thread's stack cannot be followed, so nothing is known of where it will return to.
     *
     * @param why the reason
     */
    record UnknownStack(BlockingThread thread, String why, List<Remedy> remedies) implements Blocker {
        @Override
        public String reason() {
            return "has a stack that cannot be followed: " + why;
        }

        @Override
        public Blocker of(BlockingThread known) {
            return new UnknownStack(known, why, remedies);
        }
    }
}
