package dev.pulpo.engine.pack;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SectionType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What a shared object runs when it is loaded (gABI, "Initialization and Termination Functions"). */
final class Constructors {
    /** GCC's start-up code registers an empty table with it, and nothing else. */
    private static final String START_UP = "frame_dummy";

    private Constructors() {}

    /** The names or addresses of its constructors. */
    static List<String> of(ElfFile elf) {
        Map<Long, Long> values = new HashMap<>();
        elf.dynamicRelocations().stream().filter(relocation -> relocation.type().equals(RelocationType.RELATIVE))
                .forEach((Relocation relocation) -> values.put(relocation.offset().value(), relocation.addend()));
        List<String> found = new ArrayList<>();
        int unnamed = 0;
        for (Section section : elf.sections(SectionType.INIT_ARRAY)) {
            for (long at = 0; at + Long.BYTES <= section.size(); at += Long.BYTES) {
                // Packed relative relocations have the address in place.
                long value = values.getOrDefault(section.address().value() + at,
                        elf.rawData(section).position(at).u64());
                String name = elf.symbolContaining(new LinkAddress(value)).map(ElfSymbol::name).orElse("");
                if (name.isEmpty()) {
                    unnamed++;
                } else if (!name.equals(START_UP)) {
                    found.add(name);
                }
            }
        }
        // Without a symbol table one of them is taken to be the start-up code's.
        for (int i = elf.symbols().size() > 1 ? 0 : 1; i < unnamed; i++) {
            found.add("one without a name");
        }
        return found;
    }
}
