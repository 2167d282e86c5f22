package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A reason to think that a patch does not do what its author means.
 *
 * @param check   which check found it
 * @param message what it is, and what would help
 * @param places  in the sources, as far as debug information tells
 */
public record Finding(Check check, String message, List<SourceLine> places) {
    public Finding {
        places = List.copyOf(places);
    }

    @Override
    public String toString() {
        return check.word() + ": " + message + places.stream().map(place -> System.lineSeparator() + "    " + place)
                .collect(Collectors.joining());
    }
}
