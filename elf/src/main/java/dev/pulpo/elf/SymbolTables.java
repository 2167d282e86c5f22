package dev.pulpo.elf;

import java.util.List;
import java.util.Optional;

/** Finds the two symbol tables of an object. */
final class SymbolTables {
    private SymbolTables() {}

    /**
     * The dynamic symbols. The dynamic table says where they are, because the dynamic loader uses it and it exists in
     * memory, too; it does not say how many there are.
     */
    static SymbolTable dynamic(ElfView view, DynamicTable dynamic, List<Section> sections,
            RelocationTable... relocations) {
        Optional<LinkAddress> place = dynamic.address(DynamicTag.SYMTAB);
        if (place.isEmpty()) {
            return empty(view);
        }
        long address = place.get().value();
        Optional<LinkAddress> gnuHash = dynamic.address(DynamicTag.GNU_HASH);
        Optional<LinkAddress> sysvHash = dynamic.address(DynamicTag.HASH);

        long count = 0;
        Optional<Section> section = sections.stream()
                .filter(s -> s.type().equals(SectionType.DYNSYM) && s.address().value() == address).findFirst();
        if (section.isPresent()) {
            count = section.get().size() / SymbolNames.ENTRY_SIZE;
        } else if (sysvHash.isPresent()) {
            count = SysvHash.countSymbols(view, sysvHash.get().value());
        } else if (gnuHash.isPresent()) {
            count = GnuHash.countSymbols(view, gnuHash.get().value());
        }
        if (count == 0) {
            // Nothing is exported, so the hash table is empty. Relocations refer to all imports.
            count = countReferred(relocations);
        }
        SymbolNames symbols = new SymbolNames(
                count == 0
                        ? ByteTable.empty(view.name())
                        : view.tableAtAddress(address, count * SymbolNames.ENTRY_SIZE, "dynamic symbol table"),
                dynamic.strings());
        ReadLimits.check(view.name(), address, count, view.limits().entries(), "dynamic symbols");
        Lazy<VersionTable> versions = new Lazy<>(() -> VersionTable.read(view, dynamic, symbols.count()));
        Lazy<NameLookup> lookup = new Lazy<>(() -> {
            if (gnuHash.isPresent()) {
                return GnuHash.of(view, gnuHash.get().value(), symbols);
            }
            return sysvHash.isPresent()
                    ? SysvHash.of(view, sysvHash.get().value(), symbols)
                    : new NameIndex(symbols);
        });
        return new SymbolTable(symbols, versions, lookup, ByteTable.empty(view.name()));
    }

    private static long countReferred(RelocationTable... tables) {
        long highest = 0;
        for (RelocationTable table : tables) {
            for (long i = 0; i < table.size(); i++) {
                highest = Math.max(highest, table.symbol(i));
            }
        }
        return highest == 0 ? 0 : highest + 1;
    }

    /** The symbols of a section of type {@code SHT_SYMTAB} (or {@code SHT_DYNSYM}, then without versions). */
    static SymbolTable of(ElfView view, List<Section> sections, Section section) {
        SymbolNames symbols = new SymbolNames(
                view.entries(section, SymbolNames.ENTRY_SIZE, view.limits().entries(), "symbols"),
                strings(view, sections, section));
        ByteTable large = sections.stream()
                .filter(s -> s.type().equals(SectionType.SYMTAB_SHNDX) && s.link() == section.index()).findFirst()
                .map(s -> table(view, s)).orElse(ByteTable.empty(view.name()));
        return new SymbolTable(symbols, new Lazy<>(() -> VersionTable.none(view)),
                new Lazy<>(() -> new NameIndex(symbols)), large);
    }

    private static StringTable strings(ElfView view, List<Section> sections, Section section) {
        int link = section.link();
        if (link <= 0 || link >= sections.size()) {
            throw new MalformedElfException(view.name(), section.offset().value(),
                    "section " + section.name() + " to be linked to a string table", "link " + link);
        }
        return new StringTable(table(view, sections.get(link)));
    }

    static SymbolTable empty(ElfView view) {
        SymbolNames none = new SymbolNames(ByteTable.empty(view.name()),
                new StringTable(ByteTable.empty(view.name())));
        return new SymbolTable(none, new Lazy<>(() -> VersionTable.none(view)), new Lazy<>(() -> new NameIndex(none)),
                ByteTable.empty(view.name()));
    }

    static ByteTable table(ElfView view, Section section) {
        return section.hasBytes()
                ? view.tableAtOffset(section.offset().value(), section.size(), section.name())
                : ByteTable.empty(view.name());
    }
}
