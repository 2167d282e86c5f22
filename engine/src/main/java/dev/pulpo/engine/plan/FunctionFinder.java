package dev.pulpo.engine.plan;

import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.UnresolvedFunction;
import dev.pulpo.engine.code.CodeIndex;
import dev.pulpo.engine.code.IndirectFunction;
import dev.pulpo.engine.code.SymbolSources;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the function that a name means:
 *
 * <pre>
 *   name             of a symbol; if several functions have it, one must be picked:
 *   name@file.c      by the source file that defines it
 *   name@VERSION     by its symbol version
 *   0x1234           by its link address, as nm and objdump show it
 * </pre>
 */
final class FunctionFinder {
    private final ProcessImage image;
    private final TargetMemory memory;
    private final LoadedObject target;
    private final SymbolSources symbols;
    private final Map<RemoteAddress, RemoteAddress> answers;
    private final List<UnresolvedFunction> unresolved;
    private final List<Refusal> refusals;

    /**
     * @param answers    of resolvers that have been called
     * @param unresolved receives functions whose resolvers must be called
     * @param refusals   receives reasons why a function cannot be found
     */
    FunctionFinder(ProcessImage image, TargetMemory memory, LoadedObject target,
            Map<RemoteAddress, RemoteAddress> answers, List<UnresolvedFunction> unresolved, List<Refusal> refusals) {
        this.image = image;
        this.memory = memory;
        this.target = target;
        this.symbols = SymbolSources.of(image, target);
        this.answers = answers;
        this.unresolved = unresolved;
        this.refusals = refusals;
    }

    SymbolSources symbols() {
        return symbols;
    }

    /**
     * The function; empty after a refusal, and where a resolver must be called first.
     *
     * @param packed its address according to the patch; used where the name is not enough
     */
    Optional<TargetFunction> find(String wanted, Optional<LinkAddress> packed) {
        if (wanted.startsWith("0x")) {
            return byAddress(wanted);
        }
        List<ElfSymbol> found = symbols.functions(wanted);
        if (packed.isPresent() && found.size() != 1) {
            LinkAddress address = packed.get();
            long size = found.stream().filter(symbol -> symbol.address().equals(address)).map(ElfSymbol::size)
                    .findFirst().orElse(0L);
            return Optional.of(function(wanted, address, size));
        }
        int at = wanted.lastIndexOf('@');
        if (found.isEmpty() && at > 0) {
            found = picked(wanted.substring(0, at).replaceAll("@$", ""), wanted.substring(at + 1));
        }
        if (found.isEmpty()) {
            refusals.add(missing(wanted));
            return Optional.empty();
        }
        if (found.size() > 1) {
            refusals.add(new Refusal.AmbiguousFunction(target.path(), wanted, candidates(wanted, found)));
            return Optional.empty();
        }
        ElfSymbol symbol = found.getFirst();
        return symbol.type() == SymbolType.GNU_IFUNC
                ? resolved(wanted, symbol)
                : Optional.of(function(wanted, symbol.address(), symbol.size()));
    }

    private Refusal missing(String wanted) {
        List<String> renamed = symbols.renamed(wanted).stream().map(ElfSymbol::name).toList();
        return renamed.isEmpty()
                ? new Refusal.UnknownFunction(target.path(), wanted, NearestNames.to(wanted, symbols.names()))
                : new Refusal.RenamedFunction(target.path(), wanted, renamed);
    }

    private List<ElfSymbol> picked(String name, String by) {
        List<ElfSymbol> versions = symbols.functions(name).stream()
                .filter(symbol -> symbol.version().filter(version -> version.name().equals(by)).isPresent()).toList();
        if (!versions.isEmpty()) {
            return versions;
        }
        Map<LinkAddress, String> files = symbols.filesOf(name);
        return symbols.local(name).stream().filter(symbol -> {
            String file = files.getOrDefault(symbol.address(), "");
            return file.equals(by) || file.endsWith("/" + by);
        }).toList();
    }

    private List<String> candidates(String name, List<ElfSymbol> found) {
        Map<LinkAddress, String> files = symbols.filesOf(name);
        return found.stream().map(symbol -> {
            String file = files.getOrDefault(symbol.address(), "");
            String address = "0x" + Long.toHexString(symbol.value());
            return symbol.version().isPresent()
                    ? name + "@" + symbol.version().get().name() + " (" + address + ")"
                    : file.isEmpty() ? address : name + "@" + file + " (" + address + ")";
        }).toList();
    }

    private Optional<TargetFunction> byAddress(String wanted) {
        LinkAddress address;
        try {
            address = new LinkAddress(Long.parseUnsignedLong(wanted.substring(2), 16));
        } catch (NumberFormatException noNumber) {
            refusals.add(new Refusal.NotPatchable(wanted, "it is no hexadecimal address"));
            return Optional.empty();
        }
        Optional<ElfSymbol> symbol = symbols.startingAt(address);
        if (symbol.isPresent() || CodeIndex.of(target.elf()).functions().startingAt(address).isPresent()) {
            return Optional.of(function(wanted, address, symbol.map(ElfSymbol::size).orElse(0L)));
        }
        refusals.add(new Refusal.NotPatchable(wanted, "no function of " + target.path() + " begins there"
                + symbols.containing(address).map(around -> "; it is in " + around.name() + ", which begins at 0x"
                        + Long.toHexString(around.value())).orElse("")));
        return Optional.empty();
    }

    private Optional<TargetFunction> resolved(String wanted, ElfSymbol symbol) {
        IndirectFunction indirect = new IndirectFunction(image, memory, target, symbol);
        RemoteAddress asked = answers.get(indirect.resolver());
        return switch (asked == null ? indirect.bound() : indirect.chosen(asked)) {
            case IndirectFunction.Answer.Chosen chosen -> Optional.of(function(wanted, chosen.function(), 0));
            case IndirectFunction.Answer.Unasked unasked -> {
                unresolved.add(new UnresolvedFunction(wanted, indirect.resolver()));
                yield Optional.empty();
            }
            case IndirectFunction.Answer.Unusable unusable -> {
                refusals.add(new Refusal.NotPatchable(wanted, unusable.reason()));
                yield Optional.empty();
            }
        };
    }

    /** The size comes from the symbol, or else from the frame description. */
    private TargetFunction function(String name, LinkAddress address, long size) {
        long known = size > 0
                ? size
                : CodeIndex.of(target.elf()).functions().startingAt(address).map(AddressRange::size).orElse(0L);
        return new TargetFunction(name, address, known);
    }
}
