package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Choices of the compiler in which patch and target have to agree. */
final class OptionCheck {
    /** Those of GCC's options that change how types lie in memory or what a signed {@code char} is. */
    private static final Set<String> LAYOUT = Set.of("-fpack-struct", "-fshort-enums", "-fshort-wchar",
            "-funsigned-char", "-fno-signed-char", "-mlong-double-64", "-mlong-double-128", "-m96bit-long-double",
            "-malign-double", "-mno-red-zone", "-mabi=ms");
    private static final Pattern SPACE = Pattern.compile(" +");

    private OptionCheck() {}

    static List<Finding> run(CodeFacts target, CodeFacts patch, List<ReplacedFunction> functions) {
        List<Finding> findings = new ArrayList<>();
        if (target.elf().properties().indirectBranchTracking() && !patch.elf().properties().indirectBranchTracking()) {
            add(findings, "the target has landing pads for indirect branches (IBT), and the patch has none: compile it "
                    + "with -fcf-protection");
        }
        if (target.elf().properties().shadowStack() && !patch.elf().properties().shadowStack()) {
            add(findings,
                    "the target works with a shadow stack (SHSTK), and the patch does not say so: compile it with "
                            + "-fcf-protection");
        }
        TlsModelCheck.run(target, patch).ifPresent(findings::add);
        if (!isProtected(patch)) {
            // Of a function that guards nothing nothing is lost, whatever others of its library do.
            String guarding = functions.stream().filter(each -> StackGuard.isIn(target, each.address()))
                    .map(ReplacedFunction::function).collect(Collectors.joining(", "));
            if (!guarding.isEmpty()) {
                add(findings,
                        "in the target " + guarding + " guards its stack, and in the patch it does not: compile it "
                                + "with -fstack-protector-strong");
            }
        }
        if (target.isDescribed() && patch.isDescribed()) {
            Set<String> differing = options(target);
            Set<String> ours = options(patch);
            Set<String> both = new TreeSet<>(differing);
            both.retainAll(ours);
            differing.addAll(ours);
            differing.removeAll(both);
            if (!differing.isEmpty()) {
                add(findings, "one of patch and target was compiled with "
                        + String.join(" ", differing) + ", the other was not");
            }
        }
        return findings;
    }

    private static void add(List<Finding> findings, String message) {
        findings.add(new Finding(Check.OPTIONS, message, List.of()));
    }

    /** Whether it was compiled so that functions that need it guard their stacks. */
    private static boolean isProtected(CodeFacts code) {
        return code.elf().dynamicSymbols().stream().map(ElfSymbol::name).anyMatch("__stack_chk_fail"::equals)
                || code.info().units().stream().anyMatch(unit -> unit.producer().contains("-fstack-protector"));
    }

    private static Set<String> options(CodeFacts code) {
        return code.info().units().stream().flatMap(unit -> SPACE.splitAsStream(unit.producer()))
                .filter(LAYOUT::contains).collect(Collectors.toCollection(TreeSet::new));
    }
}
