package dev.pulpo.x86;

import java.util.List;
import java.util.Optional;

/**
 * What is recorded of each call, and how it lies in the slots of a ring. A slot is written by one thread:
 *
 * <pre>
 *    0  u64 state: 0 is empty; 2t + 2 is written by ticket t; 2t + 3 is being written by ticket t
 *    8  u64 time stamp counter when the call began
 *   16  u64 how long it lasted, in ticks; 0 if it is recorded when it begins
 *   24  u32 id of the thread
 *   32  u64 result
 *   40  u64 for each argument
 *       then for each argument that is text, and for a result that is: i64 how many bytes were read, or a negated error number;
 *       the bytes, of which those after a 0 mean nothing
 * </pre>
 *
 * @param arguments where arguments are, in order
 * @param result    where the result is; none for a record of the beginning
 */
public record CallRecord(List<Place> arguments, Optional<Place> result) {
    public static final int STARTED = 8;
    public static final int LASTED = 16;
    public static final int THREAD = 24;
    public static final int RESULT = 32;
    public static final int ARGUMENTS = 40;
    /** Most bytes of a text. */
    public static final int TEXT = 56;
    private static final int TEXT_AREA = 8 + TEXT;

    /** Where a value is when a function begins or returns. */
    public sealed interface Place {
        /** Whether it is the address of a text, whose beginning is recorded, too. */
        boolean isText();

        /** A general register, by its number in instructions. */
        record General(int register, boolean isText) implements Place {}

        /** The lower eight bytes of a vector register. */
        record Vector(int register) implements Place {
            @Override
            public boolean isText() {
                return false;
            }
        }

        /** A word of eight bytes above the return address; 0 is the first. */
        record Stack(int word, boolean isText) implements Place {}
    }

    public CallRecord {
        arguments = List.copyOf(arguments);
    }

    /** Whether calls are recorded when they return, not when they begin. */
    public boolean isComplete() {
        return result.isPresent();
    }

    /** Where in a slot an argument is. */
    public int argument(int number) {
        return ARGUMENTS + Long.BYTES * number;
    }

    /** Where in a slot the text of an argument begins, with its length. */
    public int text(int number) {
        return textAt((int) arguments.subList(0, number).stream().filter(Place::isText).count());
    }

    /** Where in a slot the text of the result begins, with its length. */
    public int resultText() {
        return textAt(texts());
    }

    private int textAt(int position) {
        return ARGUMENTS + Long.BYTES * arguments.size() + TEXT_AREA * position;
    }

    /** How many arguments are text. */
    int texts() {
        return (int) arguments.stream().filter(Place::isText).count();
    }

    /** Where the last field ends. */
    int used() {
        return textAt(texts() + (result.filter(Place::isText).isPresent() ? 1 : 0));
    }

    /** The size of a slot in bytes: a power of two, of at least a cache line. */
    public int size() {
        return Math.max(64, Integer.highestOneBit(used() - 1) << 1);
    }

    /** Whether a text is among what is recorded, so that each call makes a system call. */
    public boolean hasText() {
        return texts() > 0 || result.filter(Place::isText).isPresent();
    }
}
