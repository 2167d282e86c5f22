package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A reason to think that a patch does not do what its author means.
 *
 * @param check    which check found it
 * @param message  what it is
 * @param places   in the sources, as far as debug information tells
 * @param remedies what would help
 */
public record Finding(Check check, String message, List<SourceLine> places, List<Remedy> remedies) {
    public Finding {
        places = List.copyOf(places);
        remedies = List.copyOf(remedies);
    }

    /** Where nothing is known to help but to allow it, if that can be. */
    public Finding(Check check, String message, List<SourceLine> places) {
        this(check, message, places, check.isOverridable() ? List.of(new Remedy.AllowCheck(check)) : List.of());
    }

    /** What it is, and what would help but to allow it. */
    public String message(Remedy.Wording words) {
        return message + remedies.stream().filter(remedy -> !isAllowing(remedy)).map(remedy -> "; " + words.say(remedy))
                .collect(Collectors.joining());
    }

    /** All of it, for readers who know remedies by other names than this library's. */
    public String text(Remedy.Wording words) {
        return facts(words) + remedies.stream().filter(Finding::isAllowing)
                .map(remedy -> line("to " + remedy.advice() + ": " + words.name(remedy))).collect(Collectors.joining());
    }

    /** What it is, for those who allow it. */
    @Override
    public String toString() {
        return facts(Remedy.Wording.LIBRARY);
    }

    private String facts(Remedy.Wording words) {
        return check.word() + ": " + message(words)
                + places.stream().map(place -> line(place.toString())).collect(Collectors.joining());
    }

    private static String line(String text) {
        return System.lineSeparator() + "    " + text;
    }

    private static boolean isAllowing(Remedy remedy) {
        return remedy instanceof Remedy.AllowCheck;
    }
}
