package dev.pulpo.elf;

import java.util.Optional;
import java.util.function.Supplier;

/** Asks an {@link ElfFile} everything that can be asked; malformed answers are fine, anything else goes through. */
final class Walker extends Questions {
    private static final LinkAddress SOMEWHERE = new LinkAddress(0x1050);

    void walkFile(byte[] bytes) {
        walk(() -> ElfFile.of(ByteSource.of(bytes), "fuzzed"));
    }

    /** The same bytes as the memory of a process, with a bias as it is there. */
    void walkImage(byte[] bytes) {
        walk(() -> ElfFile.ofImage(ByteSource.of(bytes), "fuzzed", new LinkAddress(0), 0x7f00_0000_0000L));
        walk(() -> ElfFile.ofImage(ByteSource.of(bytes), "fuzzed", new LinkAddress(0), 0));
    }

    private void walk(Supplier<ElfFile> opener) {
        ElfFile opened = ask(opener);
        if (opened == null) {
            return;
        }
        try (ElfFile file = opened) {
            ask(file::interpreter);
            ask(file::buildId);
            ask(file::properties);
            ask(file::debugLink);
            ask(file::debugAltLink);
            ask(file::patchableFunctionEntries);
            ask(() -> file.dynamic().needed());
            ask(() -> file.dynamic().soname());
            ask(() -> file.dynamic().runPath());
            ask(() -> file.dynamicRelocations().stream().count());
            ask(() -> file.dynamicRelocations().stream().mapToLong(Relocation::addend).sum());
            ask(() -> file.pltRelocations().stream().mapToLong(Relocation::addend).sum());
            ask(() -> file.relativeRelocations().places().mapToLong(LinkAddress::value).sum());
            ask(() -> file.symbolContaining(SOMEWHERE));
            ask(() -> file.linkAddress(new FileOffset(0x1050)));
            ask(() -> file.at(SOMEWHERE, 8).u64());
            symbols(file, file::dynamicSymbols);
            symbols(file, file::symbols);
            sections(file);
        }
    }

    private void symbols(ElfFile file, Supplier<SymbolTable> tables) {
        SymbolTable table = ask(tables);
        if (table == null) {
            return;
        }
        for (String name : new String[]{"exported", "versioned", "nothing", ""}) {
            ask(() -> table.find(name));
            ask(() -> table.find(name, "SAMPLE_1"));
            ask(() -> table.findAll(name));
        }
        for (int i = 0; i < table.size(); i++) {
            int index = i;
            ElfSymbol symbol = ask(() -> table.get(index));
            if (symbol != null) {
                ask(() -> table.containing(symbol.address()));
                ask(() -> file.fileOffset(symbol.address()));
            }
        }
    }

    private void sections(ElfFile file) {
        Optional<?> readable = Optional.ofNullable(ask(file::sections));
        if (readable.isEmpty()) {
            return;
        }
        for (Section section : file.sections()) {
            ask(() -> file.data(section).remaining());
            if (section.type().equals(SectionType.RELA)) {
                ask(() -> file.relocations(section).stream().mapToLong(Relocation::addend).sum());
            }
        }
    }
}
