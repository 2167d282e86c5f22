package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Pairs of functions that change together, of which one makes objects and the other releases them. What the old one has made
 * may come to the new one.
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

    private final Comparison comparison;

    private ObjectLifetimes(Comparison comparison) {
        this.comparison = comparison;
    }

    static List<String> warnings(Comparison comparison, Map<ElfSymbol, ElfSymbol> replaced) {
        ObjectLifetimes lifetimes = new ObjectLifetimes(comparison);
        List<String> warnings = new ArrayList<>();
        replaced.forEach((maker, makerWas) -> replaced.forEach((releaser, releaserWas) -> {
            if (!maker.equals(releaser) && lifetimes.areOneKind(maker, makerWas, releaser, releaserWas)) {
                warnings.add("warning: " + makerWas.name() + " makes what " + releaserWas.name()
                        + " releases, and both change: objects that there are come to the new " + releaserWas.name()
                        + "; look whether it can release them");
            }
        }));
        return warnings;
    }

    private boolean areOneKind(ElfSymbol maker, ElfSymbol makerWas, ElfSymbol releaser, ElfSymbol releaserWas) {
        Optional<String> made = stem(makerWas.name(), MAKING);
        Optional<String> released = stem(releaserWas.name(), RELEASING);
        if (made.isPresent() && released.isPresent()) {
            return made.equals(released);
        }
        boolean unnamed = comparison.old().isUnnamed(makerWas) || comparison.old().isUnnamed(releaserWas);
        return unnamed && changes(maker, makerWas, ALLOCATING) && changes(releaser, releaserWas, FREEING);
    }

    /** What is left of a name without the word that says what is done; empty without such a word. */
    private static Optional<String> stem(String name, Set<String> words) {
        List<String> parts = List
                .of(name.replaceAll("([a-z0-9])([A-Z])", "$1_$2").toLowerCase(Locale.ROOT).split("_", -1));
        return parts.stream().anyMatch(words::contains)
                ? Optional.of(parts.stream().filter(part -> !words.contains(part)).collect(Collectors.joining("_")))
                : Optional.empty();
    }

    /** Whether one version calls these functions, and the other not as often. */
    private boolean changes(ElfSymbol is, ElfSymbol was, Set<String> functions) {
        return calls(comparison.replacement(), is, functions) != calls(comparison.old(), was, functions);
    }

    private static long calls(CodeNames names, ElfSymbol function, Set<String> functions) {
        return names.shape(function.value()).references().stream()
                .map(reference -> names.pltSlot(reference.target()).orElse(reference.target()))
                .flatMap(slot -> names.relocation(slot).flatMap(names::symbol).stream())
                .filter(symbol -> functions.contains(symbol.name())).count();
    }
}
