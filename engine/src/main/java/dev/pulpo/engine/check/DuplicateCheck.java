package dev.pulpo.engine.check;

import dev.pulpo.elf.dwarf.VariableInfo;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Variables that the patch has for itself, and the target as well: what one writes the other does not read. */
final class DuplicateCheck {
    private DuplicateCheck() {}

    static List<Finding> run(CodeFacts target, CodeFacts patch) {
        List<Finding> findings = new ArrayList<>();
        for (VariableInfo young : patch.info().variables()) {
            // Of what nobody writes a second copy is as good as the first.
            Optional<VariableInfo> old = young.type().startsWith("const ")
                    ? Optional.empty()
                    : target.info().variables(young.name()).stream()
                            .filter(other -> other.function().equals(young.function())).findFirst();
            if (old.isPresent()) {
                findings.add(new Finding(Check.DUPLICATED, message(young),
                        Stream.of(old.get(), young).flatMap(each -> each.declaration().stream()).toList()));
            }
        }
        return findings.stream().distinct().toList();
    }

    private static String message(VariableInfo young) {
        return young.function()
                .map(function -> "the patch has a second copy of " + young.name() + ", a static variable of " + function
                        + ": its value begins anew. Declare it extern, by the name that the target's symbol table has")
                .orElse("the patch has a second copy of the target's " + young.name()
                        + ": declare it extern in the patch");
    }
}
