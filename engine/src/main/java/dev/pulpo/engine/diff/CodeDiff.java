package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.check.CodeFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Compares two builds. */
public final class CodeDiff {
    private final CodeNames old;
    private final CodeNames replacement;

    private CodeDiff(CodeFacts old, CodeFacts replacement) {
        this.old = new CodeNames(old);
        this.replacement = new CodeNames(replacement);
    }

    /** Which functions and variables differ. */
    public static BuildDiff between(CodeFacts old, CodeFacts replacement) {
        return new CodeDiff(old, replacement).run();
    }

    private BuildDiff run() {
        List<BuildDiff.Difference> functions = compare(byName(old.functions()), byName(replacement.functions()),
                (was, is) -> NormalForm.of(old, was).equals(NormalForm.of(replacement, is)));
        List<BuildDiff.Difference> variables = compare(byName(old.variables()), byName(replacement.variables()),
                (was, is) -> was.size() == is.size() && old.content(was).equals(replacement.content(is)));
        return new BuildDiff(old.code().elf().name(), replacement.code().elf().name(), old.functions().size(),
                functions,
                variables);
    }

    /** Static ones of the same name are told apart by their order. */
    private static Map<String, List<ElfSymbol>> byName(List<ElfSymbol> symbols) {
        return symbols.stream().collect(Collectors.groupingBy(
                symbol -> CodeNames.plain(symbol.name()), TreeMap::new, Collectors.toList()));
    }

    private List<BuildDiff.Difference> compare(Map<String, List<ElfSymbol>> before, Map<String, List<ElfSymbol>> after,
            BiPredicate<ElfSymbol, ElfSymbol> same) {
        List<BuildDiff.Difference> found = new ArrayList<>(before.entrySet().parallelStream().flatMap(entry -> {
            List<ElfSymbol> was = entry.getValue();
            List<ElfSymbol> is = after.getOrDefault(entry.getKey(), List.of());
            if (was.size() == is.size()) {
                return IntStream.range(0, was.size()).filter(i -> !same.test(was.get(i), is.get(i)))
                        .mapToObj(i -> difference(BuildDiff.Kind.CHANGED, entry.getKey(), Optional.of(was.get(i)),
                                Optional.of(is.get(i))));
            }
            // Some came or went: those that are still there as they were are looked for among all of the name.
            return was.stream().filter(each -> is.stream().noneMatch(other -> same.test(each, other)))
                    .map(each -> difference(is.isEmpty() ? BuildDiff.Kind.REMOVED : BuildDiff.Kind.CHANGED,
                            entry.getKey(),
                            Optional.of(each), is.stream().findFirst()));
        }).toList());
        after.forEach((name, symbols) -> {
            if (!before.containsKey(name)) {
                symbols.forEach(symbol -> found
                        .add(difference(BuildDiff.Kind.ADDED, name, Optional.empty(), Optional.of(symbol))));
            }
        });
        return found.stream().sorted(java.util.Comparator.comparing(BuildDiff.Difference::name)).toList();
    }

    private BuildDiff.Difference difference(BuildDiff.Kind kind, String name, Optional<ElfSymbol> was,
            Optional<ElfSymbol> is) {
        Optional<SourceLine> place = is.flatMap(symbol -> declaration(replacement, symbol))
                .or(() -> was.flatMap(symbol -> declaration(old, symbol)));
        return new BuildDiff.Difference(kind, name, place);
    }

    private static Optional<SourceLine> declaration(CodeNames names, ElfSymbol symbol) {
        return symbol.type().isFunction()
                ? names.code().info().functionAt(symbol.address()).flatMap(FunctionInfo::declaration)
                : names.code().info().variables(CodeNames.plain(symbol.name())).stream().findFirst()
                        .flatMap(variable -> variable.declaration());
    }
}
