package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;

/** Checks that nothing else in the file refers to a section that is to be removed. */
final class SectionRemoval {
    private static final long SHF_INFO_LINK = 0x40;
    private static final int AFTER_NAME = 4;

    private SectionRemoval() {}

    /**
     * Checks the section.
     *
     * @param removed the names of sections that have been removed already
     * @return what else must change: the section symbols of the section are removed with it
     * @throws IllegalArgumentException if something needs the section
     */
    static List<EditedFile.Patch> check(ElfFile file, Section section, Set<String> removed) {
        for (Section other : file.sections()) {
            boolean infoIsSection = (other.flags() & SHF_INFO_LINK) != 0 || other.type().equals(SectionType.RELA)
                    || other.type().equals(SectionType.REL);
            if (other.index() != section.index() && !removed.contains(other.name())
                    && (other.link() == section.index() || (infoIsSection && other.info() == section.index()))) {
                throw needed(file, section, "section " + other.name());
            }
        }
        List<EditedFile.Patch> patches = new ArrayList<>();
        for (SymbolTable table : List.of(file.symbols(), file.dynamicSymbols())) {
            IntStream.range(1, table.size()).filter(i -> isIn(table.get(i), section)).forEach(i -> {
                ElfSymbol symbol = table.get(i);
                // In a relocatable object, relocations refer to these.
                if (symbol.type() != SymbolType.SECTION || file.header().type().equals(ObjectType.RELOCATABLE)) {
                    throw needed(file, section, "symbol " + symbol.name());
                }
                patches.add(EditedFile.Patch.of(table.entryOffset(i) + AFTER_NAME,
                        new byte[SymbolNames.ENTRY_SIZE - AFTER_NAME]));
            });
        }
        return patches;
    }

    private static boolean isIn(ElfSymbol symbol, Section section) {
        return symbol.sectionIndex() instanceof SectionIndex.Regular regular && regular.number() == section.index();
    }

    private static IllegalArgumentException needed(ElfFile file, Section section, String by) {
        return new IllegalArgumentException(file.name() + ": section " + section.name() + " is needed by " + by);
    }
}
