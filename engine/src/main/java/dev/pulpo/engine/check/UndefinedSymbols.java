package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcessImage;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Symbols that a patch needs and nobody defines. The loader looks for all of them when it loads the patch
 * ({@code RTLD_NOW}, dlopen(3)), and refuses it for one. A common cause is a variable that is not written anywhere: the
 * compiler has made a constant of it, and the target's symbol table lacks it.
 */
public final class UndefinedSymbols {
    private UndefinedSymbols() {}

    /** The symbols without which a patch cannot be loaded, and which are not defined. Weak ones may be missing. */
    public static List<String> of(ElfFile patch, Predicate<String> isDefined) {
        return patch.dynamicSymbols().stream()
                .filter(symbol -> !symbol.isDefined() && symbol.binding() == SymbolBinding.GLOBAL
                        && !symbol.name().isEmpty())
                .map(ElfSymbol::name).distinct().filter(isDefined.negate()).sorted().toList();
    }

    /**
     * The finding against a patch for a process: what none of its objects defines.
     *
     * @return empty also where it cannot be told, because a library that the patch needs has yet to be loaded, or the file
     *         of one that is loaded cannot be read
     */
    public static Optional<Finding> inProcess(ProcessImage image, LoadedObject target, ElfFile patch) {
        Set<String> names = image.objects().stream()
                .flatMap(object -> Stream.concat(Stream.of(object.fileName()),
                        object.elf().dynamic().soname().stream()))
                .collect(Collectors.toSet());
        Set<String> known = image.objects().stream().map(LoadedObject::path).collect(Collectors.toSet());
        boolean hasUnknown = image.map().mappings().stream()
                .filter(mapping -> mapping.hasFile() && mapping.isExecutable()).map(Mapping::path)
                .anyMatch(path -> !known.contains(path));
        if (hasUnknown || !names.containsAll(patch.dynamic().needed())) {
            return Optional.empty();
        }
        return finding(of(patch, name -> !image.exporting(name).isEmpty()), "the process defines", target.elf());
    }

    /**
     * The finding for undefined symbols.
     *
     * @param where who would have to define them, as a clause
     */
    public static Optional<Finding> finding(List<String> names, String where, ElfFile target) {
        if (names.isEmpty()) {
            return Optional.empty();
        }
        List<String> nearest = names.size() > 1
                ? List.of()
                : NearestNames.to(names.getFirst(), Stream.of(target.dynamicSymbols(), target.symbols())
                        .flatMap(table -> table.stream().filter(ElfSymbol::isDefined).map(ElfSymbol::name)));
        return Optional.of(new Finding(Check.UNDEFINED, "the patch needs " + String.join(", ", names)
                + ", which nothing in " + where + (nearest.isEmpty()
                        ? ": the compiler may have made a constant of it, or inlined it everywhere; define it in the patch"
                        : "; did you mean " + String.join(", ", nearest) + "?"),
                List.of()));
    }
}
