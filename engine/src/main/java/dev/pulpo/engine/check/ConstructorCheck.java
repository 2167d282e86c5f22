package dev.pulpo.engine.check;

import dev.pulpo.elf.DynamicTag;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.Finding;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Whether a patch uses its references to the target's private symbols while it is being loaded: its constructors (gABI,
 * "Initialization and Termination Functions") and the resolvers of its indirect functions run inside {@code dlopen}, and
 * the references can only be written when that has returned. What uses one before that reads a null pointer, and takes the
 * target with it.
 *
 * <p>A constructor counts as using what it may reach: through calls and jumps, through its own functions and variables
 * whose address it takes, and through pointers in those. So it may be said of one that never does; never of a reference
 * that no path leads to. What it calls in other objects is not looked into, unless it hands them one of its functions.
 */
public final class ConstructorCheck {
    /**
     * A place that is written when the patch has been loaded.
     *
     * @param name    what for, for people
     * @param address of its first byte
     * @param size    how many bytes are written
     */
    public record Place(String name, LinkAddress address, int size) {}

    private ConstructorCheck() {}

    /**
     * What there is to say against a patch with such places.
     *
     * @throws dev.pulpo.elf.MalformedElfException where the patch is damaged
     */
    public static List<Finding> run(ElfFile patch, List<Place> places) {
        if (places.isEmpty()) {
            return List.of();
        }
        PatchCode code = new PatchCode(patch);
        List<Finding> findings = new ArrayList<>();
        for (long entry : entries(patch, code)) {
            new Reach(code, places).from(entry).ifPresent(what -> findings.add(new Finding(Check.CONSTRUCTOR,
                    code.name(entry) + " runs while the patch is being loaded, and " + what
                            + "; references are written when it has been loaded, and are null until then: do this later, in"
                            + " a function that replaces one of the target",
                    List.of())));
        }
        return findings;
    }

    /** What the dynamic loader calls before dlopen returns. */
    private static Set<Long> entries(ElfFile patch, PatchCode code) {
        Set<Long> entries = new LinkedHashSet<>();
        code.relocations().forEach(relocation -> resolver(code, relocation).ifPresent(entries::add));
        patch.dynamic().value(DynamicTag.INIT).ifPresent(entries::add);
        OptionalLong array = patch.dynamic().value(DynamicTag.INIT_ARRAY);
        long size = patch.dynamic().value(DynamicTag.INIT_ARRAYSZ).orElse(0);
        for (long at = 0; array.isPresent() && at + Long.BYTES <= size; at += Long.BYTES) {
            entries.add(code.word(array.getAsLong() + at));
        }
        entries.removeIf(entry -> !code.isCode(entry));
        return entries;
    }

    private static Optional<Long> resolver(PatchCode code, Relocation relocation) {
        return relocation.type().equals(RelocationType.IRELATIVE)
                ? Optional.of(relocation.addend())
                : code.symbol(relocation)
                        .filter(symbol -> symbol.isDefined() && symbol.type() == SymbolType.GNU_IFUNC)
                        .map(ElfSymbol::value);
    }
}
