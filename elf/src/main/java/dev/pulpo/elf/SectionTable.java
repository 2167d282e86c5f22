package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.List;

/** Reads the section headers and their names. */
final class SectionTable {
    private SectionTable() {}

    static List<Section> read(ElfView view) {
        ElfHeader header = view.header();
        int count = header.sectionHeaderCount();
        if (count == 0) {
            return List.of();
        }
        ReadLimits.check(view.name(), header.sectionHeaders().value(), count, view.limits().sections(),
                "section headers");
        ByteTable table = view.tableAtOffset(header.sectionHeaders().value(), (long) count * Section.ENTRY_SIZE,
                "section headers");
        StringTable.Keeper names = names(view, table, header.sectionNameIndex()).keeper(view.limits());
        List<Section> sections = new ArrayList<>(count);
        ByteCursor cursor = table.cursor();
        for (int i = 0; i < count; i++) {
            String name = names.string(cursor.u32());
            SectionType type = new SectionType(cursor.i32());
            long flags = cursor.u64();
            LinkAddress address = cursor.address();
            FileOffset offset = new FileOffset(cursor.u64());
            long size = cursor.u64();
            int link = cursor.i32();
            int info = cursor.i32();
            sections.add(new Section(i, name, type, flags, address, offset, size, link, info, cursor.u64(),
                    cursor.u64()));
        }
        return List.copyOf(sections);
    }

    private static StringTable names(ElfView view, ByteTable table, int index) {
        if (index == 0) {
            return new StringTable(ByteTable.empty(view.name()));
        }
        if (index >= table.size() / Section.ENTRY_SIZE) {
            // e_shstrndx is at 62; if it is SHN_XINDEX, the number that it refers to is wrong.
            throw new MalformedElfException(view.name(), 62,
                    "the names of sections in one of " + table.size() / Section.ENTRY_SIZE + " sections",
                    "section " + index);
        }
        long start = (long) index * Section.ENTRY_SIZE;
        long offset = table.i64(start + 24);
        return new StringTable(view.tableAtOffset(offset, table.i64(start + 32), "section names"));
    }
}
