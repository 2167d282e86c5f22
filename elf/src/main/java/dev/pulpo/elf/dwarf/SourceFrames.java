package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Finds the inlined copies around an address (DWARF 5, 3.3.8.2). */
final class SourceFrames {
    /** A function around the address, and where it was called. */
    private record Level(Names names, Optional<SourceLine> callSite) {}

    /** Compilers nest a few dozen inlined functions; a stack trace prints all of them. */
    static final int DEEPEST = 1 << 10;

    private SourceFrames() {}

    static MalformedElfException tooDeep(LinkAddress place) {
        return new MalformedElfException("debug information", place.value(),
                "at most " + DEEPEST + " functions that are inlined into each other", "more");
    }

    /**
     * The functions around an address, the innermost first.
     *
     * @param function a reader at the function with code there; it is moved
     * @param line     the line of the address
     */
    static List<SourceFrame> around(EntryReader function, LinkAddress place, Optional<SourceLine> line) {
        List<Level> levels = levels(function, place);
        List<SourceFrame> frames = new ArrayList<>();
        Optional<SourceLine> current = line;
        for (int i = levels.size() - 1; i >= 0; i--) {
            Names names = levels.get(i).names();
            frames.add(new SourceFrame(names.name(), names.linkageName(), current, i > 0));
            current = levels.get(i).callSite();
        }
        return frames;
    }

    /** Nested copies are nested entries, so they have the order of the file. */
    private static List<Level> levels(EntryReader entry, LinkAddress place) {
        List<Level> levels = new ArrayList<>();
        levels.add(new Level(Names.of(entry), Optional.empty()));
        int nested = Integer.MAX_VALUE;
        while (entry.hasNextBelow()) {
            nested = entry.depth() <= nested ? Integer.MAX_VALUE : nested;
            if (nested == Integer.MAX_VALUE && entry.tag() == Dw.TAG_SUBPROGRAM) {
                // Nested functions of GNU C have code of their own.
                nested = entry.depth();
            } else if (nested == Integer.MAX_VALUE && entry.tag() == Dw.TAG_INLINED
                    && Ranges.of(entry).stream().anyMatch(range -> range.contains(place))) {
                levels.add(new Level(Names.of(entry), Names.place(entry, Dw.CALL_FILE, Dw.CALL_LINE)));
                if (levels.size() > DEEPEST) {
                    throw tooDeep(place);
                }
            }
        }
        return levels;
    }
}
