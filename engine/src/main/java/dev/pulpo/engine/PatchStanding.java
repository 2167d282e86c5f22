package dev.pulpo.engine;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where a process stands with a patch of a store.
 *
 * @param patch    the patch
 * @param state    what is so
 * @param reason   why, for people; empty where the state or the refusals say it
 * @param refusals why it cannot be in force
 */
public record PatchStanding(StoredPatch patch, State state, String reason, List<Refusal> refusals) {
    /** What is so, compared with what should be. */
    public enum State {
        /** It is in force, and should be. */
        ACTIVE,
        /** It should be in force, and is not; nothing is known that stands against it. */
        MISSING,
        /** It should be in force, and cannot be. */
        REFUSED,
        /** A tool died, or is at work: it is half applied, half reverted, or in transition. */
        UNFINISHED,
        /** It is not in force, and should not be in the processes of this user. */
        HELD_BACK,
        /** It is in force, and should not be: it was withdrawn, or is held back from the user of the process. */
        LEFT_OVER;

        /** Whether this is as it should be. */
        public boolean isRight() {
            return this == ACTIVE || this == HELD_BACK;
        }

        /** In words. */
        public String words() {
            return name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ');
        }
    }

    public PatchStanding {
        refusals = List.copyOf(refusals);
    }

    /** One that is not refused. */
    PatchStanding(StoredPatch patch, State state, String reason) {
        this(patch, state, reason, List.of());
    }

    /** The state and why it is so, for readers who know remedies by other names than this library's. */
    public String text(Remedy.Wording words) {
        String why = Stream.concat(Stream.of(reason).filter(text -> !text.isEmpty()),
                refusals.stream().map(refusal -> refusal.message(words))).collect(Collectors.joining("; "));
        return state.words() + (why.isEmpty() ? "" : ": " + why);
    }

    @Override
    public String toString() {
        return patch.id().shortForm() + " " + text(Remedy.Wording.LIBRARY);
    }
}
