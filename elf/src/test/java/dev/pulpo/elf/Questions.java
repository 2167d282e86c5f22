package dev.pulpo.elf;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Asks what may meet malformed bytes, and counts; anything but an answer or a refusal goes through. */
public abstract class Questions {
    private int answers;
    private int refusals;

    /** How many questions got an answer. */
    public final int answers() {
        return answers;
    }

    /** How many questions met malformed bytes. */
    public final int refusals() {
        return refusals;
    }

    /** The answer, or null where the bytes are malformed. */
    protected final <T> @Nullable T ask(Supplier<T> question) {
        try {
            T answer = question.get();
            answers++;
            return answer;
        } catch (MalformedElfException malformed) {
            refusals++;
            return null;
        }
    }
}
