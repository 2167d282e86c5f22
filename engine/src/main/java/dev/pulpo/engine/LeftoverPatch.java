package dev.pulpo.engine;

import java.time.Instant;
import java.util.List;

/**
 * A patch that is out of force and still loaded.
 *
 * @param id        the patch
 * @param file      the path that the tool loaded it from
 * @param target    path of the object whose functions it replaced
 * @param appliedAt time of recording
 * @param retention what was asked for when it was reverted
 * @param held      the words of memory that may point to it, seen while the process runs. Registers, and what the kernel alone
 *                  knows, are looked at only when an operation tries to unload it.
 */
public record LeftoverPatch(PatchId id, String file, String target, Instant appliedAt, Retention retention,
        List<HeldWord> held) {
    public LeftoverPatch {
        held = List.copyOf(held);
    }

    @Override
    public String toString() {
        return id.shortForm() + " out of force, still loaded: " + file + " for "
                + target + "; " + why();
    }

    private String why() {
        if (retention == Retention.ALWAYS) {
            return "kept as was asked";
        }
        return held.isEmpty()
                ? "no word of memory points to it now, so the next operation may unload it"
                : "kept: " + HeldWord.text(held);
    }
}
