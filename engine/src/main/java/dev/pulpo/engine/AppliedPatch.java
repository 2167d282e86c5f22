package dev.pulpo.engine;

import dev.pulpo.elf.RawText;
import java.time.Instant;
import java.util.List;

/**
 * A patch that was applied to a process.
 *
 * @param id        the patch
 * @param file      the path that the tool loaded it from
 * @param target    path of the object whose functions it replaces
 * @param appliedAt time of recording
 * @param comment   for people; may be empty
 * @param status    its present status
 * @param functions the replaced functions
 */
public record AppliedPatch(PatchId id, String file, String target, Instant appliedAt, String comment, Status status,
        List<Function> functions) {
    /** The status, by the bytes in the process. */
    public enum Status {
        /** Calls of all its functions lead to it, or to a later patch. */
        IN_FORCE,
        /** Some of its functions have their original code: the target was unloaded, or loaded again. */
        NOT_IN_FORCE,
        /** A tool died, or works on it now, before the patch came into force or while it was reverted. */
        HALF_DONE,
        /** Threads change to it, or back from it, one by one; {@link LiveProcess#transition} lists those that have not. */
        IN_TRANSITION
    }

    /**
     * A replaced function.
     *
     * @param name     in the target
     * @param standing where its calls lead
     */
    public record Function(String name, Standing standing) {}

    /** Where calls of a function lead, by the bytes at its entry. */
    public enum Standing {
        /** To this patch. */
        THIS_PATCH,
        /** To this patch for some threads, and to the version before it for others. */
        BY_THREAD,
        /** To a later patch. */
        LATER_PATCH,
        /** To the original code. */
        ORIGINAL,
        /** Nowhere: the object has been unloaded. */
        UNMAPPED,
        /** Unknown: Pulpo did not write these bytes. */
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
