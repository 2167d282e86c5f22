package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which function or variable of one build is which of the other. Names that source files have for themselves are told
 * apart by the file; several of one file by their order, where there are as many in both.
 */
final class NameMatcher {
    private final Map<Long, ElfSymbol> olds = new HashMap<>();
    private final Set<Long> unclear = new HashSet<>();

    NameMatcher(CodeNames old, CodeNames replacement) {
        pair(named(old, old.functions()), named(replacement, replacement.functions()), old, replacement);
        pair(named(old, old.variables()), named(replacement, replacement.variables()), old, replacement);
    }

    private static List<ElfSymbol> named(CodeNames names, List<ElfSymbol> symbols) {
        return symbols.stream().filter(symbol -> !names.isUnnamed(symbol)).toList();
    }

    private void pair(List<ElfSymbol> before, List<ElfSymbol> after, CodeNames old, CodeNames replacement) {
        Set<Long> taken = new HashSet<>();
        match(before, after, symbol -> key(old, symbol), symbol -> key(replacement, symbol), taken);
        List<ElfSymbol> left = before.stream().filter(symbol -> !taken.contains(symbol.value())).toList();
        List<ElfSymbol> without = after.stream().filter(symbol -> !olds.containsKey(symbol.value())).toList();
        match(left, without, symbol -> CodeNames.plain(symbol.name()), symbol -> CodeNames.plain(symbol.name()), taken);
        Set<String> rest = left.stream().filter(symbol -> !taken.contains(symbol.value()))
                .map(symbol -> CodeNames.plain(symbol.name())).collect(Collectors.toSet());
        without.stream().filter(symbol -> !olds.containsKey(symbol.value())
                && rest.contains(CodeNames.plain(symbol.name()))).forEach(symbol -> unclear.add(symbol.value()));
    }

    private void match(List<ElfSymbol> before, List<ElfSymbol> after, Function<ElfSymbol, String> oldKey,
            Function<ElfSymbol, String> youngKey, Set<Long> taken) {
        Map<String, List<ElfSymbol>> groups = before.stream()
                .collect(Collectors.groupingBy(oldKey, LinkedHashMap::new, Collectors.toList()));
        after.stream().collect(Collectors.groupingBy(youngKey)).forEach((key, is) -> {
            List<ElfSymbol> was = groups.getOrDefault(key, List.of());
            if (was.size() == is.size()) {
                for (int i = 0; i < is.size(); i++) {
                    olds.put(is.get(i).value(), was.get(i));
                    taken.add(was.get(i).value());
                }
            }
        });
    }

    private static String key(CodeNames names, ElfSymbol symbol) {
        return CodeNames.plain(symbol.name()) + "@" + names.fileOf(symbol);
    }

    /** What a symbol of the new build was in the old one. */
    Optional<ElfSymbol> of(ElfSymbol replacement) {
        return Optional.ofNullable(olds.get(replacement.value()));
    }

    /** Whether the old build has something of that name, and it is not clear whether it is the same. */
    boolean isUnclear(ElfSymbol replacement) {
        return unclear.contains(replacement.value());
    }

    /** The old place of a symbol that is no function and has no size, such as those that linkers make. */
    static Optional<Long> exact(CodeNames old, CodeNames replacement, long address) {
        Stream<String> names = replacement.table().stream()
                .filter(symbol -> symbol.isDefined() && symbol.size() == 0 && symbol.value() == address
                        && !symbol.name().isEmpty())
                .map(ElfSymbol::name);
        return names.map(name -> old.table().stream()
                .filter(symbol -> symbol.isDefined() && symbol.name().equals(name)).map(ElfSymbol::value).distinct()
                .toList()).filter(places -> places.size() == 1).map(List::getFirst).findFirst();
    }
}
