package dev.pulpo.elf;

import java.util.function.IntPredicate;

/**
 * The hash table of {@code DT_HASH} (gABI, "Hash Table"): {@code nbucket}, {@code nchain}, the buckets, and for each
 * symbol the index of the next one in its bucket. It holds the undefined symbols as well.
 */
final class SysvHash implements NameLookup {
    private static final int HEADER = 8;

    private final SymbolNames symbols;
    private final ByteTable table;
    private final long buckets;
    private final long chains;

    private SysvHash(SymbolNames symbols, ByteTable table) {
        this.symbols = symbols;
        this.table = table;
        this.buckets = table.u32(0);
        this.chains = table.u32(4);
        if (buckets == 0) {
            throw table.malformed(0, "a number of buckets", "0");
        }
    }

    static SysvHash of(ElfView view, long address, SymbolNames symbols) {
        ByteTable header = view.tableAtAddress(address, HEADER, "hash table");
        ReadLimits.check(view.name(), address, Math.max(header.u32(0), header.u32(4)), view.limits().entries(),
                "parts of a hash table");
        return new SysvHash(symbols,
                view.tableAtAddress(address, HEADER + (header.u32(0) + header.u32(4)) * 4, "hash table"));
    }

    /** The number of symbols: there is one chain entry for each. */
    static long countSymbols(ElfView view, long address) {
        return view.tableAtAddress(address, HEADER, "hash table").u32(4);
    }

    static int hash(byte[] name) {
        int hash = 0;
        for (byte next : name) {
            hash = (hash << 4) + (next & 0xff);
            int high = hash & 0xf000_0000;
            hash = (hash ^ high >>> 24) & ~high;
        }
        return hash;
    }

    @Override
    public void visit(byte[] name, IntPredicate visitor) {
        long at = HEADER + hash(name) % buckets * 4;
        for (long steps = 0; steps <= Math.min(chains, ReadLimits.LONGEST_CHAIN); steps++) {
            long symbol = table.u32(at);
            if (symbol == 0) {
                return;
            }
            if (symbol >= chains || symbol >= symbols.count()) {
                throw table.malformed(at, "a symbol below " + Math.min(chains, symbols.count()),
                        Long.toString(symbol));
            }
            if (symbols.matches((int) symbol, name) && visitor.test((int) symbol)) {
                return;
            }
            at = HEADER + (buckets + symbol) * 4;
        }
        throw table.malformed(at, "a chain that ends", "a loop, or more than " + ReadLimits.LONGEST_CHAIN);
    }
}
