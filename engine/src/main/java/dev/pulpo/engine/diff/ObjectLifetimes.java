package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.mangled.CxxNames;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.Remedy;
import java.util.ArrayList;
import java.util.HashSet;
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
    /** How many instructions before a call its argument is read, and behind it its result written. */
    private static final int BEFORE = 4;
    private static final int BEHIND = 8;

    private final Comparison comparison;
    private final List<Finding> findings = new ArrayList<>();
    private final List<Finding> answeredFor = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    /**
     * A function that has changed.
     *
     * @param makes       what it makes, as far as its name says
     * @param ends        what it releases, as far as its name says
     * @param allocations how many calls for memory its old version has more than the new one; negative for fewer
     * @param releases    the same of calls that release memory
     * @param made        at which bytes of objects the version with more of those calls uses memory right after them
     * @param released    and right before calls that release it
     */
    private record Changed(FunctionShape was, boolean replaced, boolean unnamed, Optional<String> makes,
            Optional<String> ends, long allocations, long releases, Set<Long> made, Set<Long> released) {
        String name() {
            return was.function().name();
        }

        private boolean isOf(FunctionShape shape) {
            return was.function().equals(shape.function());
        }

        boolean isMadeBy(Changed maker) {
            if (maker.makes.isPresent() && ends.isPresent()) {
                return maker.makes.equals(ends) && !maker.isOf(was);
            }
            return mayBeMadeBy(maker) && maker.made.stream().anyMatch(released::contains);
        }

        /** One version makes a part that the other leaves out, and the same one releases something more. */
        boolean mayBeMadeBy(Changed maker) {
            return (unnamed || maker.unnamed) && maker.allocations * releases > 0 && !maker.isOf(was);
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
                (releasesOld.contains(releaser.name()) || isReadable(releaser, all, releasesOld)
                        ? answeredFor
                        : findings).add(finding(releaser, its));
            } else if (makers.stream().anyMatch(releaser::mayBeMadeBy)) {
                notes.add("look whether " + releaser.name() + " can release what the old build has made: it releases "
                        + (releaser.releases > 0 ? "less" : "more") + " than it did, and others ask for "
                        + (releaser.releases > 0 ? "less" : "more") + " memory");
            }
        }
    }

    /** Whether a name of C++ stands for this function, and for no other that has changed. */
    private static boolean isReadable(Changed releaser, List<Changed> all, List<String> names) {
        return names.stream().anyMatch(name -> CxxNames.isCalled(releaser.name(), name)
                && all.stream().filter(each -> CxxNames.isCalled(each.name(), name)).count() == 1);
    }

    private Changed changed(FunctionShape was, FunctionShape is, Set<ElfSymbol> replaced) {
        String name = was.function().name();
        boolean unnamed = comparison.old().isUnnamed(was.function());
        Calls before = new Calls(comparison.old(), was);
        Calls after = new Calls(comparison.replacement(), is);
        return new Changed(was, replaced.contains(is.function()), unnamed, stem(name, MAKING), stem(name, RELEASING),
                before.of(ALLOCATING).size() - after.of(ALLOCATING).size(),
                before.of(FREEING).size() - after.of(FREEING).size(),
                more(before, after, ALLOCATING, 1, BEHIND), more(before, after, FREEING, -BEFORE, -1));
    }

    /** Where one version uses objects around its calls, and the one with fewer of these calls does not. */
    private static Set<Long> more(Calls before, Calls after, Set<String> functions, int from, int to) {
        boolean fewer = after.of(functions).size() < before.of(functions).size();
        Set<Long> places = (fewer ? before : after).around(functions, from, to);
        places.removeAll((fewer ? after : before).around(functions, from, to));
        return places;
    }

    /** The calls of a function. */
    private record Calls(CodeNames names, FunctionShape function) {
        /** Which instructions call one of some functions that are looked up by name. */
        List<Integer> of(Set<String> functions) {
            return function.references().stream()
                    .filter(reference -> names.relocation(names.pltSlot(reference.target()).orElse(reference.target()))
                            .flatMap(names::symbol).filter(symbol -> functions.contains(symbol.name())).isPresent())
                    .map(FunctionShape.Reference::instruction).toList();
        }

        /** How far into objects the instructions around such calls read or write. */
        Set<Long> around(Set<String> functions, int from, int to) {
            Set<Long> distances = new HashSet<>();
            List<Integer> calls = of(functions);
            List<LayoutEvidence.Instruction> code = calls.isEmpty() ? List.of() : LayoutEvidence.read(names, function);
            for (int call : calls) {
                for (int i = Math.max(0, call + from); i <= Math.min(code.size() - 1, call + to); i++) {
                    if (code.get(i).base() >= 0) {
                        distances.add(code.get(i).distance());
                    }
                }
            }
            return distances;
        }
    }

    /** What is left of a name without the word that says what is done; empty without such a word. */
    private static Optional<String> stem(String name, Set<String> words) {
        List<String> parts = List
                .of(name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT).split("_", -1));
        return parts.stream().anyMatch(words::contains)
                ? Optional.of(parts.stream().filter(part -> !words.contains(part)).collect(Collectors.joining("_")))
                : Optional.empty();
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

    /** Functions of which less is known, for people to look at. */
    List<String> notes() {
        return notes;
    }
}
