package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.SectionType;
import dev.pulpo.engine.check.CodeFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Two builds, and what has become of each function. */
final class Comparison {
    private final CodeNames old;
    private final CodeNames replacement;
    private final BuildMatcher matcher;
    private final Sameness sameness;
    private final LineNumbers numbers;
    private final Parts parts;
    private final VersionTexts versions;
    /** The functions of the new build that are not what they were, and what they were. */
    private final TreeMap<Long, FunctionShape> changed = new TreeMap<>(Long::compareUnsigned);
    private final TreeMap<Long, FunctionShape> lines = new TreeMap<>(Long::compareUnsigned);
    private final List<String> uncompared = new ArrayList<>();

    Comparison(CodeFacts old, CodeFacts replacement) {
        boolean symbols = CodeNames.tableOf(old).isPresent() && CodeNames.tableOf(replacement).isPresent();
        this.old = new CodeNames(old, symbols);
        this.replacement = new CodeNames(replacement, symbols);
        matcher = new BuildMatcher(this.old, this.replacement);
        sameness = new Sameness(this.old, this.replacement, matcher);
        numbers = new LineNumbers(this.old, this.replacement);
        parts = new Parts(this.replacement);
        versions = new VersionTexts(this.old, this.replacement, sameness);
        compare();
        uncompared.addAll(DataCoverage.gaps(this.old, this.replacement));
    }

    private void compare() {
        HandlerComparison handlers = new HandlerComparison(old, replacement, sameness);
        matcher.functions().forEach((start, was) -> {
            FunctionShape before = old.shape(was);
            FunctionShape after = replacement.shape(start);
            boolean handled = handlers.areSame(before, after);
            if (!handled || !sameness.functions(before, after)) {
                boolean code = old.unnamed().isGap(before.function());
                if (code) {
                    if (!isStartUp(before, after)) {
                        outside("the old", before.function());
                    }
                } else if (handled && numbers.explain(before, after)
                        && sameness.differOnlyBy(before, after, numbers::arePlaces)) {
                    lines.put(start, before);
                } else {
                    changed.put(start, before);
                }
            }
        });
        uncompared.addAll(handlers.unreadable());
        old.unnamed().gaps().stream().filter(gap -> matcher.successor(gap.value()).isEmpty())
                .forEach(gap -> outside("the old", gap));
        replacement.unnamed().gaps().stream().filter(gap -> matcher.of(gap).isEmpty())
                .forEach(gap -> outside("the new", gap));
    }

    /**
     * Whether it is the code that compilers add for the loader, which has run when a process is changed. It names ends of
     * sections, and what begins there is another thing in each build.
     */
    private boolean isStartUp(FunctionShape was, FunctionShape is) {
        return was.isLike(is) && isForLoader(old, was) && isForLoader(replacement, is);
    }

    /** Whether words of which the loader calls what they point to lead into it, and nothing else does. */
    private static boolean isForLoader(CodeNames names, FunctionShape shape) {
        List<Long> words = names.relocated().stream().filter(place -> names.relocation(place).flatMap(names::pointer)
                .filter(shape::contains).isPresent()).toList();
        return !words.isEmpty() && words.stream().allMatch(place -> names.section(place)
                .filter(section -> section.type().equals(SectionType.INIT_ARRAY)
                        || section.type().equals(SectionType.FINI_ARRAY))
                .isPresent())
                && names.shapes().values().stream().filter(other -> other != shape)
                        .flatMap(other -> other.references().stream())
                        .noneMatch(reference -> shape.contains(reference.target()));
    }

    private void outside(String build, ElfSymbol gap) {
        uncompared.add(String.format(Locale.ROOT, "%d bytes of code at 0x%x of %s build, which belong to no function",
                gap.size(), gap.value(), build));
    }

    CodeNames old() {
        return old;
    }

    CodeNames replacement() {
        return replacement;
    }

    BuildMatcher matcher() {
        return matcher;
    }

    Sameness sameness() {
        return sameness;
    }

    Parts parts() {
        return parts;
    }

    VersionTexts versions() {
        return versions;
    }

    /** The functions of the new build that are not what they were, by where they begin, and what they were. */
    Map<Long, FunctionShape> changed() {
        return changed;
    }

    /** Those that differ by numbers of source lines only. */
    Map<Long, FunctionShape> lines() {
        return lines;
    }

    /** The functions of the new build that the old one does not have. */
    List<ElfSymbol> added() {
        return replacement.shapes().values().stream().map(FunctionShape::function)
                .filter(function -> matcher.of(function).isEmpty() && !replacement.unnamed().isGap(function)).toList();
    }

    /** The function or variable of a name that only the new build has; empty where it has several. */
    Optional<ElfSymbol> added(String name) {
        List<ElfSymbol> found = Stream.concat(replacement.functions().stream(), replacement.variables().stream())
                .filter(symbol -> symbol.name().equals(name) && !replacement.isUnnamed(symbol)
                        && matcher.of(symbol).isEmpty())
                .toList();
        return found.size() == 1 ? Optional.of(found.getFirst()) : Optional.empty();
    }

    /** The functions of the old build that the new one does not have. */
    List<ElfSymbol> removed() {
        return old.shapes().values().stream().map(FunctionShape::function)
                .filter(function -> matcher.successor(function.value()).isEmpty() && !old.unnamed().isGap(function))
                .toList();
    }

    /** What could not be compared, with its place. */
    List<String> uncompared() {
        return uncompared;
    }

    /** Whether a variable begins with what it began with, or a constant is what it was. */
    boolean isSame(ElfSymbol was, ElfSymbol is) {
        boolean named = !old.isUnnamed(was) && !replacement.isUnnamed(is);
        return (!named || was.size() == is.size()) && sameness.compare(was.value(), is.value());
    }

    /** Whether two constants differ by nothing but a place in the sources. */
    boolean arePlaces(ElfSymbol was, ElfSymbol is) {
        return numbers.arePlaces(was.value(), is.value());
    }

    /** Where a place in code that is what it was lies in the old build; empty where that is not the same. */
    Optional<Long> samePlace(long is) {
        return replacement.shapeAt(is).flatMap(after -> Optional.ofNullable(matcher.functions().get(after.start()))
                .map(was -> old.shape(was)).filter(before -> sameness.functions(before, after))
                .map(before -> before.address(after.numberAt(is))));
    }
}
