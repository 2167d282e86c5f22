package dev.pulpo.engine.code;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The Go functions of a program. They pass arguments in registers of their own choice (Go's ABIInternal), and their stacks
 * are moved while they run; a C function can take the place of none. Other code of the program, linked by cgo, is as any.
 * Link addresses.
 *
 * @param start of the first one
 * @param end   first address after the last one
 */
public record GoCode(long start, long end) {
    private static final GoCode NONE = new GoCode(0, 0);

    /** The first field of the table of functions (src/internal/abi/symtab.go), since Go 1.18 and since Go 1.20. */
    private static final int TABLE_1_18 = 0xfffffff0;
    private static final int TABLE_1_20 = 0xfffffff1;
    private static final int HEADER_SIZE = 72;
    private static final int BEFORE_COUNT = 4;
    private static final int ENTRY_SIZE = 8;

    /** The Go functions of an object; none where it has none, or no table of them that is known. */
    public static GoCode of(ElfFile elf) {
        Optional<Section> table = elf.section(".gopclntab").or(() -> elf.section(".data.rel.ro.gopclntab"));
        if (table.isEmpty()) {
            return NONE;
        }
        OptionalLong start = symbol(elf, "runtime.text");
        OptionalLong end = symbol(elf, "runtime.etext");
        return start.isPresent() && end.isPresent()
                ? new GoCode(start.getAsLong(), end.getAsLong())
                : byTable(elf, table.get());
    }

    private static OptionalLong symbol(ElfFile elf, String name) {
        return elf.symbols().find(name).filter(ElfSymbol::isDefined).map(ElfSymbol::value).map(OptionalLong::of)
                .orElse(OptionalLong.empty());
    }

    private static GoCode byTable(ElfFile elf, Section table) {
        if (table.size() < HEADER_SIZE) {
            return NONE;
        }
        ByteCursor header = elf.at(table.address(), HEADER_SIZE);
        int magic = header.i32();
        if (magic != TABLE_1_18 && magic != TABLE_1_20) {
            return NONE;
        }
        header.skip(BEFORE_COUNT);
        long count = header.u64();
        header.skip(Long.BYTES);
        long start = header.u64();
        header.skip(4L * Long.BYTES);
        long last = header.u64() + count * ENTRY_SIZE;
        if (count < 0 || last < 0 || last > table.size() - Integer.BYTES) {
            return NONE;
        }
        long size = elf.at(new LinkAddress(table.address().value() + last), Integer.BYTES).u32();
        return new GoCode(start, start + size);
    }

    /** Whether a function is one of them. */
    public boolean contains(LinkAddress function) {
        return function.value() >= start && function.value() < end;
    }
}
