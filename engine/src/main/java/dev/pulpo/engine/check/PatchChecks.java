package dev.pulpo.engine.check;

import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;

/** All checks of a patch against its target. */
public final class PatchChecks {
    private PatchChecks() {}

    /** What there is to say against a patch that replaces these functions. */
    public static List<Finding> run(CodeFacts target, CodeFacts patch, List<ReplacedFunction> functions) {
        List<Finding> findings = new ArrayList<>();
        findings.addAll(OptionCheck.run(target, patch, functions));
        findings.addAll(new ConventionCheck(target, patch, functions).run());
        if (target.isDescribed()) {
            findings.addAll(CopyCheck.run(target, functions));
        }
        if (target.isDescribed() && patch.isDescribed()) {
            findings.addAll(SignatureCheck.run(target, patch, functions));
            findings.addAll(LayoutCheck.run(target, patch));
            findings.addAll(DuplicateCheck.run(target, patch));
        }
        return findings;
    }

    /**
     * What there is to say against exported functions of a patch that replace nothing: whether they were meant to.
     *
     * @param functions those that replace something
     */
    public static List<Finding> ofUnpaired(CodeFacts target, List<String> unpaired, List<ReplacedFunction> functions) {
        return target.isDescribed() ? CopyCheck.withoutEntry(target, unpaired, functions) : List.of();
    }

    /** What there is to say against functions that other functions of the same object stand in for. */
    public static List<Finding> within(CodeFacts code, List<ReplacedFunction> functions) {
        List<Finding> findings = new ArrayList<>(new ConventionCheck(code, code, functions).run());
        if (code.isDescribed()) {
            findings.addAll(SignatureCheck.run(code, code, functions));
        }
        return findings;
    }

    /**
     * What there is to say against functions of a new build in processes that run the old one. Copies and callers need not
     * be looked for: where they differ they are among those functions.
     */
    public static List<Finding> ofBuilds(CodeFacts old, CodeFacts replacement, List<ReplacedFunction> functions) {
        List<Finding> findings = new ArrayList<>(OptionCheck.run(old, replacement, functions));
        if (old.isDescribed() && replacement.isDescribed()) {
            findings.addAll(SignatureCheck.run(old, replacement, functions));
            findings.addAll(LayoutCheck.run(old, replacement));
        }
        return findings;
    }

    /** What could not be looked at, and why. */
    public static List<String> unchecked(CodeFacts target, CodeFacts patch) {
        List<String> unchecked = new ArrayList<>();
        if (!target.isDescribed()) {
            unchecked.add(target.elf().name() + " has no debug information, so nothing is known of inlined copies, "
                    + "signatures, layouts and second copies of variables");
        } else if (!patch.isDescribed()) {
            unchecked.add(patch.elf().name() + " has no debug information (compile it with -g), so nothing is known of "
                    + "signatures, layouts and second copies of variables");
        }
        target.info().missing()
                .forEach(file -> unchecked.add("debug information in " + file + ", which was not found"));
        return unchecked;
    }
}
