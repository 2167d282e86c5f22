package dev.pulpo.engine.stacks;

/** What came of the comparison of one stack. */
sealed interface Verdict {
    /** In words. */
    default String text() {
        return switch (this) {
            case Equal same -> "is the same";
            case EndsEarlier end -> "is followed less far by Pulpo: " + end.reason();
            case GdbEndsEarlier end -> "is followed less far by gdb: " + end.reason();
            case Differs differs -> "differs at frame " + differs.frame() + ": " + differs.what();
        };
    }

    /** All frames are the same, and both know that there are no more. */
    record Equal() implements Verdict {}

    /** The frames are the same as far as Pulpo goes; that it cannot go on is so. */
    record EndsEarlier(String reason) implements Verdict {}

    /** The frames are the same as far as gdb goes, which itself says that something is wrong there. */
    record GdbEndsEarlier(String reason) implements Verdict {}

    /**
     * One of the two is wrong.
     *
     * @param frame the number of the first frame that differs
     */
    record Differs(int frame, String what) implements Verdict {}
}
