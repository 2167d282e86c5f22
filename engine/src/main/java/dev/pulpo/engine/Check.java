package dev.pulpo.engine;

import static java.util.stream.Collectors.joining;

import java.util.Arrays;
import java.util.Locale;

/** What is looked for in a patch before it can do harm. */
public enum Check {
    /** A name has no meaning in the target. */
    UNKNOWN(false),
    /** A name has several meanings in the target. */
    AMBIGUOUS(false),
    /** A reference to the target's private data is of a kind that cannot be written. */
    REFERENCE(false),
    /** The target or the patch cannot be told from other builds. */
    BUILD_ID(false),
    /** The first bytes of a function cannot be overwritten. */
    ENTRY(false),
    /** A function and what replaces it take or return different things. */
    SIGNATURE(true),
    /** Callers rely on what the old code leaves alone and the new code does not, or do not pass what it reads. */
    CONVENTION(true),
    /** The compiler has inlined the function elsewhere, where the old code goes on to run. */
    INLINED(true),
    /** The compiler has made copies of the function for some callers, which go on to call those. */
    CLONED(true),
    /** A type has another layout in the patch than in the target. */
    LAYOUT(true),
    /** The patch has a second copy of one of the target's variables. */
    DUPLICATED(true),
    /** Data of the target would have to change as well, which a patch of functions does not do. */
    DATA(true),
    /** Code that runs while the patch is being loaded may use a reference to the target, before that is written. */
    CONSTRUCTOR(true),
    /** Objects that old code has made may come to new code that cannot release them. Allowed by the name of that code. */
    LIFETIME(false),
    /** Callers get another object's definition of the function, so that replacing it has no effect. */
    INTERPOSED(true),
    /** The patch needs a symbol that nothing in the process defines, so the loader would not load it. */
    UNDEFINED(true),
    /** The patch was compiled with other options than the target, of those that have to agree. */
    OPTIONS(true),
    /** Code or data that may have changed could not be compared, so a patch may leave it out. */
    UNCOMPARED(true);

    private final boolean overridable;

    Check(boolean overridable) {
        this.overridable = overridable;
    }

    /** Whether a user who knows better can allow what it finds. */
    public boolean isOverridable() {
        return overridable;
    }

    /** Its name as people type it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The check that a word stands for.
     *
     * @throws IllegalArgumentException where there is none that can be allowed
     */
    public static Check parse(String word) {
        for (Check check : values()) {
            if (check.overridable && check.word().equals(word)) {
                return check;
            }
        }
        throw new IllegalArgumentException("'" + word + "' cannot be allowed; these can: "
                + Arrays.stream(values()).filter(Check::isOverridable).map(Check::word).collect(joining(", ")));
    }
}
