package dev.pulpo.engine.check;

import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.FunctionPart;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Code of a function that goes on to run although the function is replaced. */
final class CopyCheck {
    private CopyCheck() {}

    static List<Finding> run(CodeFacts target, List<ReplacedFunction> functions) {
        List<AddressRange> replaced = code(target, functions);
        List<Finding> findings = new ArrayList<>();
        for (ReplacedFunction each : functions) {
            Optional<FunctionInfo> found = target.functionEnteredAt(each.address());
            if (found.isPresent()) {
                inlined(target, found.get(), replaced).ifPresent(findings::add);
                cloned(target, found.get(), replaced).ifPresent(findings::add);
            }
        }
        return findings;
    }

    /**
     * Functions of the patch that have the name of one of the target's that is nowhere as a whole: there is nothing to
     * replace, so they would have no effect, and nobody would know.
     *
     * @param unpaired exported functions of the patch that replace nothing
     */
    static List<Finding> withoutEntry(CodeFacts target, List<String> unpaired, List<ReplacedFunction> functions) {
        List<AddressRange> replaced = code(target, functions);
        return unpaired.stream().flatMap(name -> withoutEntry(target, name, replaced).stream()).toList();
    }

    private static Optional<Finding> withoutEntry(CodeFacts target, String name, List<AddressRange> replaced) {
        List<FunctionInfo> meant = target.info().functions(name);
        List<String> clones = meant.stream().flatMap(function -> clones(target, function, replaced)).distinct()
                .toList();
        if (!clones.isEmpty()) {
            return Optional
                    .of(new Finding(Check.CLONED, "the target has no " + name + " but " + String.join(", ", clones)
                            + ", which the patch does not replace" + unlessItHelps(name), declarations(meant)));
        }
        List<FunctionInfo.InlinedCopy> copies = meant.stream().flatMap(function -> function.inlinedCopies().stream())
                .filter(copy -> !isWithin(copy, replaced)).distinct().toList();
        if (copies.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Finding(Check.INLINED, "the target has no code of its own for " + name
                + ": all of it is inlined into " + into(copies) + ", where the old code goes on to run; replace those"
                + " functions instead" + unlessItHelps(name), callSites(copies)));
    }

    private static String unlessItHelps(String name) {
        return " (if " + name + " only helps the patch, make it static)";
    }

    private static List<SourceLine> declarations(List<FunctionInfo> functions) {
        return functions.stream().flatMap(function -> function.declaration().stream()).distinct().toList();
    }

    private static String into(List<FunctionInfo.InlinedCopy> copies) {
        return copies.stream().map(FunctionInfo.InlinedCopy::into).distinct().sorted()
                .collect(Collectors.joining(", "));
    }

    private static List<SourceLine> callSites(List<FunctionInfo.InlinedCopy> copies) {
        return copies.stream().flatMap(copy -> copy.callSite().stream()).distinct().toList();
    }

    /** The code that is replaced, by addresses: symbols need not have the names of the source, which may occur twice. */
    private static List<AddressRange> code(CodeFacts target, List<ReplacedFunction> functions) {
        return functions.stream().flatMap(each -> target.functionEnteredAt(each.address()).stream()
                .flatMap(function -> function.bodies().stream())
                .filter(body -> body.entry().equals(each.address()))).flatMap(body -> body.ranges().stream()).toList();
    }

    private static boolean isWithin(FunctionInfo.InlinedCopy copy, List<AddressRange> code) {
        return !copy.ranges().isEmpty() && copy.ranges().stream()
                .allMatch(range -> code.stream().anyMatch(around -> around.contains(range.start())));
    }

    /** Every unit that includes a header has a function of its own that means the same. */
    static Stream<FunctionInfo.InlinedCopy> copies(CodeFacts target, FunctionInfo function) {
        return target.info().functions(function.name()).stream()
                .filter(other -> other.declaration().equals(function.declaration()))
                .flatMap(other -> other.inlinedCopies().stream());
    }

    private static Optional<Finding> inlined(CodeFacts target, FunctionInfo function, List<AddressRange> replaced) {
        List<FunctionInfo.InlinedCopy> copies = copies(target, function)
                .filter(copy -> !isWithin(copy, replaced)).distinct().toList();
        if (copies.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new Finding(Check.INLINED, function.name() + " is inlined into " + into(copies)
                + ", where that copy goes on to run; replace those functions as well", callSites(copies)));
    }

    private static Optional<Finding> cloned(CodeFacts target, FunctionInfo function, List<AddressRange> replaced) {
        List<String> clones = clones(target, function, replaced).distinct().toList();
        return clones.isEmpty()
                ? Optional.empty()
                : Optional.of(new Finding(Check.CLONED, "some callers of " + function.name() + " call "
                        + String.join(", ", clones) + " instead, which the patch does not replace",
                        function.declaration().stream().toList()));
    }

    /** The clones and parts of a function that are not replaced themselves. */
    private static Stream<String> clones(CodeFacts target, FunctionInfo function, List<AddressRange> replaced) {
        return target.info().parts(function).stream()
                .filter(part -> part.kind() == FunctionPart.Kind.CLONE || part.kind() == FunctionPart.Kind.PART)
                .filter(part -> replaced.stream().noneMatch(code -> code.contains(part.range().start())))
                .flatMap(part -> part.symbols().stream());
    }
}
