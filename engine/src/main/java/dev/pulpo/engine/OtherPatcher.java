package dev.pulpo.engine;

import java.util.List;

/**
 * What another live patcher has put into a process.
 *
 * @param libraries paths of its own libraries there; empty where none is known
 * @param functions the functions whose entries lead to replacements that are not Pulpo's
 */
public record OtherPatcher(List<String> libraries, List<String> functions) {
    private static final int NAMED = 8;

    public OtherPatcher {
        libraries = List.copyOf(libraries);
        functions = List.copyOf(functions);
    }

    @Override
    public String toString() {
        String who = libraries.isEmpty() ? "another live patcher" : "libpulp (" + String.join(", ", libraries) + ")";
        return functions.isEmpty()
                ? who + " is loaded, and has replaced nothing"
                : who + " has replaced " + String.join(", ", functions.subList(0, Math.min(NAMED, functions.size())))
                        + (functions.size() > NAMED ? " and " + (functions.size() - NAMED) + " others" : "");
    }
}
