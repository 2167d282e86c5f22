package dev.pulpo.engine;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.SourceLine;
import java.util.List;
import java.util.Optional;

/**
 * What a plain shared object does as a patch of a target.
 *
 * @param patch      the shared object
 * @param target     what it is for
 * @param functions  what it replaces
 * @param references how its references to private symbols of the target are met
 * @param findings   what stands against it; empty where it can be packed
 * @param allowed    what would stand against it, had it not been allowed
 * @param unchecked  what could not be checked, and why
 * @param notes      what its author may want to know
 */
public record PackReport(String patch, String target, List<Function> functions, List<Reference> references,
        List<Finding> findings, List<Finding> allowed, List<String> unchecked, List<String> notes) {
    /**
     * A function that is replaced by the patch's function of the same name.
     *
     * @param address     of it in the target
     * @param declaration in the target's source
     */
    public record Function(String name, LinkAddress address, Optional<SourceLine> declaration) {}

    /**
     * A private symbol of the target that the patch refers to.
     *
     * @param symbol      its name
     * @param place       the slot in the patch that gets its address, or its {@code tls_index}
     * @param value       its link address; for a thread-local one, its offset in the TLS segment
     * @param threadLocal whether it is thread-local
     * @param declaration in the target's source
     */
    public record Reference(String symbol, LinkAddress place, long value, boolean threadLocal,
            Optional<SourceLine> declaration) {}

    public PackReport {
        functions = List.copyOf(functions);
        references = List.copyOf(references);
        findings = List.copyOf(findings);
        allowed = List.copyOf(allowed);
        unchecked = List.copyOf(unchecked);
        notes = List.copyOf(notes);
    }

    /** Whether nothing stands against it that was not allowed. */
    public boolean isPackable() {
        return findings.isEmpty();
    }

    @Override
    public String toString() {
        return text(Remedy.Wording.LIBRARY);
    }

    /** All of it, for readers who know remedies by other names than this library's. */
    public String text(Remedy.Wording words) {
        StringBuilder text = new StringBuilder(patch + " for " + target);
        functions.forEach(function -> line(text, "replaces " + function.name() + at(function.declaration())));
        references
                .forEach(reference -> line(text, "uses the private " + (reference.threadLocal() ? "thread-local " : "")
                        + reference.symbol() + at(reference.declaration())));
        findings.forEach(finding -> line(text, "refused: " + finding.text(words)));
        allowed.forEach(finding -> line(text, "allowed: " + finding));
        unchecked.forEach(what -> line(text, "not checked: " + what));
        notes.forEach(note -> line(text, "note: " + note));
        return text.toString();
    }

    private static String at(Optional<SourceLine> place) {
        return place.map(line -> " (" + line + ")").orElse("");
    }

    private static void line(StringBuilder text, String line) {
        text.append(System.lineSeparator()).append("  ").append(line);
    }
}
