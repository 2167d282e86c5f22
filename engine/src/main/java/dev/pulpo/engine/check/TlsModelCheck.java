package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whether the patch reaches the target's thread-local variables at a fixed distance from the thread pointer (the
 * initial-exec model; "ELF Handling For Thread-Local Storage", 4.4.6) although the target promises none: the storage of a
 * library that may be opened by {@code dlopen} is then somewhere else in each thread. Only what is linked at start-up, or
 * says itself that it needs such a distance ({@code DF_STATIC_TLS}), has one for certain. The local-exec model needs no
 * check: linkers refuse to make a shared object of it.
 */
final class TlsModelCheck {
    private TlsModelCheck() {}

    static Optional<Finding> run(CodeFacts target, CodeFacts patch) {
        if (isAtFixedDistance(target.elf())) {
            return Optional.empty();
        }
        ElfFile elf = patch.elf();
        List<String> variables = Stream.concat(elf.dynamicRelocations().stream(), elf.pltRelocations().stream())
                .filter(relocation -> relocation.type().equals(RelocationType.TPOFF64)
                        && relocation.symbolIndex() != 0)
                .map(relocation -> symbol(elf, relocation)).filter(symbol -> !symbol.isDefined())
                .map(ElfSymbol::name).filter(name -> isThreadLocal(target.elf(), name)).distinct().sorted().toList();
        return variables.isEmpty()
                ? Optional.empty()
                : Optional.of(new Finding(Check.OPTIONS, "the patch reaches the thread-local "
                        + variables.stream().collect(Collectors.joining(", "))
                        + " at a fixed distance from the thread pointer, which the target does not have where it was"
                        + " opened by dlopen: compile it with -ftls-model=global-dynamic",
                        List.of()));
    }

    private static boolean isAtFixedDistance(ElfFile target) {
        return target.interpreter().isPresent() || target.dynamic().hasStaticTls();
    }

    private static ElfSymbol symbol(ElfFile elf, Relocation relocation) {
        return elf.dynamicSymbols().get(relocation.symbolIndex());
    }

    private static boolean isThreadLocal(ElfFile target, String name) {
        return target.dynamicSymbols().findAll(name).stream()
                .anyMatch(symbol -> symbol.isDefined() && symbol.type() == SymbolType.TLS);
    }
}
