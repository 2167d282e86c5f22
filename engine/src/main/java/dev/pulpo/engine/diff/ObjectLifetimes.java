package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Functions that release objects, and that change together with those that make them. What the old code has made comes to the
 * new one, and after a revert what the new code has made to the old one. Types do not tell who owns a part of an object, so
 * such functions are refused unless somebody who has looked at both versions answers for them.
 */
final class ObjectLifetimes {
    private static final Set<String> MAKING = Set.of("new", "create", "make", "alloc", "allocate", "init", "open",
            "copy",
            "dup", "build", "add", "get", "start", "malloc", "calloc", "construct");
    private static final Set<String> RELEASING = Set.of("free", "destroy", "delete", "release", "close", "dispose",
            "clear",
            "cleanup", "fini", "deinit", "put", "unref", "end", "remove", "term", "drop");
    private static final Set<String> ALLOCATING = Set.of("malloc", "calloc", "realloc", "strdup", "mmap", "_Znwm",
            "_Znam");
    private static final Set<String> FREEING = Set.of("free", "munmap", "_ZdlPv", "_ZdlPvm", "_ZdaPv");
    private static final int SHOWN = 4;

    private final Comparison comparison;
    private final List<Finding> findings = new ArrayList<>();
    private final List<Finding> answeredFor = new ArrayList<>();

    /**
     * A function that has changed.
     *
     * @param makes       what it makes, as far as its name says
     * @param ends        what it releases, as far as its name says
     * @param allocations how many calls for memory its old version has more than the new one; negative for fewer
     * @param releases    the same of calls that release memory
     */
    private record Changed(FunctionShape was, boolean replaced, boolean unnamed, Optional<String> makes,
            Optional<String> ends, long allocations, long releases) {
        String name() {
            return was.function().name();
        }

        boolean isMadeBy(Changed maker) {
            if (maker.makes.isPresent() && ends.isPresent()) {
                return maker.makes.equals(ends) && maker != this;
            }
            // One version makes a part that the other leaves out, and the same one releases it.
            return (unnamed || maker.unnamed) && maker.allocations * releases > 0 && maker != this;
        }

        /** Whether one version of it may get what another version of the maker has made, and release more or less of it. */
        boolean meetsOthersOf(Changed maker) {
            return replaced || maker.replaced && releases > 0;
        }
    }

    /**
     * @param replaced    functions of the new build that the patch has
     * @param releasesOld names of functions that are known to release what either version has made
     */
    ObjectLifetimes(Comparison comparison, Set<ElfSymbol> replaced, List<String> releasesOld) {
        this.comparison = comparison;
        List<Changed> all = new ArrayList<>();
        comparison.changed().forEach((start, was) -> all.add(changed(was, comparison.replacement().shape(start),
                replaced)));
        List<Changed> makers = all.stream().filter(each -> each.makes.isPresent() || each.allocations != 0).toList();
        for (Changed releaser : all) {
            List<Changed> its = makers.stream()
                    .filter(maker -> releaser.isMadeBy(maker) && releaser.meetsOthersOf(maker)).toList();
            if (!its.isEmpty()) {
                (releasesOld.contains(releaser.name()) ? answeredFor : findings).add(finding(releaser, its));
            }
        }
    }

    private Changed changed(FunctionShape was, FunctionShape is, Set<ElfSymbol> replaced) {
        String name = was.function().name();
        boolean unnamed = comparison.old().isUnnamed(was.function());
        return new Changed(was, replaced.contains(is.function()), unnamed, stem(name, MAKING), stem(name, RELEASING),
                calls(comparison.old(), was, ALLOCATING) - calls(comparison.replacement(), is, ALLOCATING),
                calls(comparison.old(), was, FREEING) - calls(comparison.replacement(), is, FREEING));
    }

    /** What is left of a name without the word that says what is done; empty without such a word. */
    private static Optional<String> stem(String name, Set<String> words) {
        List<String> parts = List
                .of(name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT).split("_", -1));
        return parts.stream().anyMatch(words::contains)
                ? Optional.of(parts.stream().filter(part -> !words.contains(part)).collect(Collectors.joining("_")))
                : Optional.empty();
    }

    private static long calls(CodeNames names, FunctionShape function, Set<String> functions) {
        return function.references().stream()
                .map(reference -> names.pltSlot(reference.target()).orElse(reference.target()))
                .flatMap(slot -> names.relocation(slot).flatMap(names::symbol).stream())
                .filter(symbol -> functions.contains(symbol.name())).count();
    }

    private static Finding finding(Changed releaser, List<Changed> makers) {
        String more = makers.size() > SHOWN ? " and " + (makers.size() - SHOWN) + " more" : "";
        String made = makers.stream().limit(SHOWN).map(Changed::name).collect(Collectors.joining(", ")) + more;
        return new Finding(Check.LIFETIME, releaser.name() + " releases what " + made + (makers.size() == 1
                ? " makes"
                : " make") + ", and both change: what one version has made comes to the other version of "
                + releaser.name() + ", which may not be able to release it",
                List.of(), List.of(Remedy.Action.LEAVE_OUT, Remedy.Action.ANSWER_FOR));
    }

    /** Functions that nobody answers for. */
    List<Finding> findings() {
        return findings;
    }

    /** Functions that somebody answers for. */
    List<Finding> answeredFor() {
        return answeredFor;
    }
}
