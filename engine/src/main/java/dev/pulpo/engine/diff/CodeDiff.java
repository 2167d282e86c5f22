package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.check.CodeFacts;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What differs between two builds, for people. */
public final class CodeDiff {
    private final Comparison comparison;
    private final CodeNames old;
    private final CodeNames replacement;

    private CodeDiff(Comparison comparison) {
        this.comparison = comparison;
        old = comparison.old();
        replacement = comparison.replacement();
    }

    /** Which functions and variables differ. */
    public static BuildDiff between(CodeFacts old, CodeFacts replacement) {
        return of(new Comparison(old, replacement));
    }

    static BuildDiff of(Comparison comparison) {
        return new CodeDiff(comparison).run();
    }

    private BuildDiff run() {
        List<BuildDiff.Difference> functions = new ArrayList<>();
        comparison.changed().forEach((start, was) -> functions.add(changed(was, start)));
        comparison.added().forEach(symbol -> functions.add(one(BuildDiff.Kind.ADDED, symbol, replacement)));
        comparison.removed().forEach(symbol -> functions.add(one(BuildDiff.Kind.REMOVED, symbol, old)));
        List<BuildDiff.Difference> lines = new ArrayList<>();
        comparison.lines().forEach((start, was) -> lines.add(changed(was, start)));
        return new BuildDiff(old.code().elf().name(), replacement.code().elf().name(), old.shapes().size(),
                sorted(functions), sorted(variables()), sorted(lines), comparison.uncompared());
    }

    private static List<BuildDiff.Difference> sorted(List<BuildDiff.Difference> differences) {
        return differences.stream().sorted(Comparator.comparing(BuildDiff.Difference::name)).toList();
    }

    private BuildDiff.Difference changed(FunctionShape was, long start) {
        ElfSymbol is = replacement.shape(start).function();
        return new BuildDiff.Difference(BuildDiff.Kind.CHANGED, CodeNames.plain(was.function().name()),
                declaration(replacement, is).or(() -> declaration(old, was.function())));
    }

    private static BuildDiff.Difference one(BuildDiff.Kind kind, ElfSymbol symbol, CodeNames names) {
        return new BuildDiff.Difference(kind, CodeNames.plain(symbol.name()), declaration(names, symbol));
    }

    private List<BuildDiff.Difference> variables() {
        List<BuildDiff.Difference> found = new ArrayList<>();
        Set<Long> kept = new HashSet<>();
        for (ElfSymbol variable : replacement.variables()) {
            Optional<ElfSymbol> was = comparison.matcher().of(variable);
            was.ifPresent(symbol -> kept.add(symbol.value()));
            if (was.isEmpty() && replacement.isUnnamed(variable)) {
                continue;
            }
            if (was.isEmpty()) {
                found.add(one(BuildDiff.Kind.ADDED, variable, replacement));
            } else if (!comparison.isSame(was.get(), variable) && !comparison.arePlaces(was.get(), variable)) {
                found.add(one(BuildDiff.Kind.CHANGED, variable, replacement));
            }
        }
        old.variables().stream().filter(variable -> !kept.contains(variable.value()) && !old.isUnnamed(variable))
                .forEach(variable -> found.add(one(BuildDiff.Kind.REMOVED, variable, old)));
        return found;
    }

    private static Optional<SourceLine> declaration(CodeNames names, ElfSymbol symbol) {
        return symbol.type().isFunction()
                ? names.code().info().functionAt(symbol.address()).flatMap(FunctionInfo::declaration)
                : names.code().info().variables(CodeNames.plain(symbol.name())).stream().findFirst()
                        .flatMap(variable -> variable.declaration());
    }
}
