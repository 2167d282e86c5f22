package dev.pulpo.engine.check;

import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.FunctionPart;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Code of a function that goes on to run although the function is replaced. */
final class CopyCheck {
    private CopyCheck() {}

    static List<Finding> run(CodeFacts target, List<ReplacedFunction> functions) {
        Set<String> replaced = functions.stream().map(ReplacedFunction::function).collect(Collectors.toSet());
        List<Finding> findings = new ArrayList<>();
        for (ReplacedFunction each : functions) {
            Optional<FunctionInfo> found = target.functionEnteredAt(each.address());
            if (found.isPresent()) {
                inlined(target, found.get(), replaced).ifPresent(findings::add);
                cloned(target, found.get()).ifPresent(findings::add);
            }
        }
        return findings;
    }

    /** Every unit that includes a header has a function of its own that means the same. */
    static Stream<FunctionInfo.InlinedCopy> copies(CodeFacts target, FunctionInfo function) {
        return target.info().functions(function.name()).stream()
                .filter(other -> other.declaration().equals(function.declaration()))
                .flatMap(other -> other.inlinedCopies().stream());
    }

    private static Optional<Finding> inlined(CodeFacts target, FunctionInfo function, Set<String> replaced) {
        List<FunctionInfo.InlinedCopy> copies = copies(target, function)
                .filter(copy -> !replaced.contains(copy.into())).distinct().toList();
        if (copies.isEmpty()) {
            return Optional.empty();
        }
        String into = copies.stream().map(FunctionInfo.InlinedCopy::into).distinct().sorted()
                .collect(Collectors.joining(", "));
        List<SourceLine> places = copies.stream().flatMap(copy -> copy.callSite().stream()).distinct().toList();
        return Optional.of(new Finding(Check.INLINED, function.name() + " is inlined into " + into
                + ", where that copy goes on to run; replace those functions as well", places));
    }

    private static Optional<Finding> cloned(CodeFacts target, FunctionInfo function) {
        List<String> clones = target.info().parts(function).stream()
                .filter(part -> part.kind() == FunctionPart.Kind.CLONE || part.kind() == FunctionPart.Kind.PART)
                .flatMap(part -> part.symbols().stream()).distinct().toList();
        return clones.isEmpty()
                ? Optional.empty()
                : Optional.of(new Finding(Check.CLONED, "some callers of " + function.name() + " call "
                        + String.join(", ", clones) + " instead, which the patch does not replace",
                        function.declaration().stream().toList()));
    }
}
