package dev.pulpo.engine;

import java.util.List;

/**
 * A patch to which, or from which, the threads of a process change one after the other.
 *
 * @param patch     the patch
 * @param direction where threads go
 * @param behind    the threads that have not changed yet, and why
 */
public record Transition(PatchId patch, Direction direction, List<Blocker> behind) {
    /** Where threads go. */
    public enum Direction {
        /** To the patch. */
        TO_PATCH,
        /** Back to what was before it. */
        FROM_PATCH
    }

    public Transition {
        behind = List.copyOf(behind);
    }

    @Override
    public String toString() {
        return text(Remedy.Wording.LIBRARY);
    }

    /** All of it, for readers who know remedies by other names than this library's. */
    public String text(Remedy.Wording words) {
        StringBuilder text = new StringBuilder(patch.shortForm());
        text.append(direction == Direction.TO_PATCH ? " coming into force: " : " going out of force: ");
        text.append(behind.size()).append(behind.size() == 1 ? " thread has" : " threads have")
                .append(" not changed yet");
        behind.forEach(blocker -> text.append("\n  ").append(blocker.message(words)));
        return text.toString();
    }
}
