package dev.pulpo.engine.check;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.FunctionInfo;
import java.util.Optional;

/**
 * An object and what its compiler wrote down about it.
 *
 * @param elf  the object
 * @param info empty answers where it has no debug information
 */
public record CodeFacts(ElfFile elf, DebugInfo info) {
    /** Whether there is debug information at all. */
    public boolean isDescribed() {
        return !info.units().isEmpty();
    }

    /** The function that is entered at an address. */
    public Optional<FunctionInfo> functionEnteredAt(LinkAddress address) {
        return info.functionAt(address)
                .filter(function -> function.bodies().stream().anyMatch(body -> body.entry().equals(address)));
    }
}
