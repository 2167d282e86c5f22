package dev.pulpo.engine;

import dev.pulpo.elf.RawText;
import java.time.Instant;
import java.util.List;

/**
 * A patch that a process has had applied.
 *
 * @param id        the patch
 * @param file      where it was loaded from, as the tool that applied it saw it
 * @param target    path of the object whose functions it replaces
 * @param appliedAt when
 * @param comment   for people; may be empty
 * @param status    what holds now
 * @param functions what it replaces
 */
public record AppliedPatch(PatchId id, String file, String target, Instant appliedAt, String comment, Status status,
        List<Function> functions) {
    /** What holds, by the bytes in the process. */
    public enum Status {
        /** Calls of all its functions lead to it, or to a patch that was applied later. */
        IN_FORCE,
        /** Of some of its functions the original code is there: the target was unloaded or loaded anew. */
        NOT_IN_FORCE,
        /** A tool died, or is at work, between loading it and having it in force, or while taking it back. */
        HALF_DONE,
        /** Threads change to it, or back from it, one after the other; {@link LiveProcess#transition} says who has not. */
        IN_TRANSITION
    }

    /**
     * A replaced function.
     *
     * @param name     in the target
     * @param standing where calls of it lead
     */
    public record Function(String name, Standing standing) {}

    /** Where calls of a function lead, by the bytes at its entry. */
    public enum Standing {
        /** To this patch. */
        THIS_PATCH,
        /** To this patch for some threads, and past it for others. */
        BY_THREAD,
        /** To one that was applied later. */
        LATER_PATCH,
        /** To the original code. */
        ORIGINAL,
        /** Nowhere: the object is not mapped any more. */
        UNMAPPED,
        /** Somewhere unknown: the bytes are none that Pulpo has put there. */
        UNKNOWN
    }

    public AppliedPatch {
        functions = List.copyOf(functions);
    }

    @Override
    public String toString() {
        return id.shortForm() + " " + status.name().toLowerCase(java.util.Locale.ROOT).replace('_', ' ') + " since "
                + appliedAt + ": " + file + " for " + target + ", " + functions.size()
                + (functions.size() == 1 ? " function" : " functions")
                + (comment.isBlank() ? "" : " (" + RawText.asData(comment.strip()) + ")");
    }
}
