package dev.pulpo.elf;

import java.util.function.IntPredicate;

/**
 * The hash table of {@code DT_GNU_HASH}. It holds only the defined symbols, which come last in the symbol table, sorted
 * by bucket. There is no specification. This is its layout; a word has four bytes:
 *
 * <pre>
 *   0  word  number of buckets
 *   4  word  index of the first symbol that is in the table
 *   8  word  n, the length of the Bloom filter, a power of two
 *  12  word  shift of its second bit
 *  16  u64   filter[n]
 *      word  bucket[]: index of the first symbol with hash % buckets, or 0
 *      word  chain[]: for each symbol from the first on, its hash with bit 0 replaced by "last of its bucket"
 * </pre>
 */
final class GnuHash implements NameLookup {
    static final int SEED = 5381;
    private static final int HEADER = 16;

    private final SymbolNames symbols;
    private final ByteTable table;
    private final ByteTable chains;
    private final long buckets;
    private final long firstSymbol;
    private final long filterMask;
    private final int shift;
    private final long bucketStart;

    private GnuHash(SymbolNames symbols, ByteTable table, ByteTable chains) {
        this.symbols = symbols;
        this.table = table;
        this.chains = chains;
        this.buckets = table.u32(0);
        this.firstSymbol = table.u32(4);
        this.filterMask = table.u32(8) - 1;
        this.shift = table.i32(12);
        this.bucketStart = HEADER + (filterMask + 1) * 8;
    }

    /** The header, the filter and the buckets. */
    private static ByteTable head(ElfView view, long address) {
        ByteTable header = view.tableAtAddress(address, HEADER, "GNU hash table");
        long buckets = header.u32(0);
        long words = header.u32(8);
        if (buckets == 0) {
            throw header.malformed(0, "a number of buckets", "0");
        }
        if (words == 0 || (words & (words - 1)) != 0) {
            throw header.malformed(8, "a power of two as the length of the filter", Long.toString(words));
        }
        ReadLimits.check(view.name(), address, Math.max(words, buckets), view.limits().entries(),
                "parts of a GNU hash table");
        return view.tableAtAddress(address, HEADER + words * 8 + buckets * 4, "GNU hash table");
    }

    /** A table over symbols whose number is known. */
    static GnuHash of(ElfView view, long address, SymbolNames symbols) {
        ByteTable table = head(view, address);
        long chained = Math.max(0, symbols.count() - table.u32(4));
        ByteTable chains = chained == 0
                ? ByteTable.empty(view.name())
                : view.tableAtAddress(address + table.size(), chained * 4, "GNU hash chains");
        return new GnuHash(symbols, table, chains);
    }

    /**
     * The number of symbols, found as the end of the last chain; zero if the table holds no symbol, because then all
     * symbols are undefined or there are none.
     */
    static long countSymbols(ElfView view, long address) {
        ByteTable table = head(view, address);
        long bucketStart = HEADER + table.u32(8) * 8;
        long last = 0;
        for (long at = bucketStart; at < table.size(); at += 4) {
            last = Math.max(last, table.u32(at));
        }
        long first = table.u32(4);
        if (last == 0) {
            return 0;
        }
        if (last < first) {
            throw table.malformed(bucketStart, "buckets from symbol " + first + " on", "symbol " + last);
        }
        long chain = address + table.size() + (last - first) * 4;
        long length = 0;
        while ((view.tableAtAddress(chain + length * 4, 4, "GNU hash chain").i32(0) & 1) == 0) {
            ReadLimits.check(view.name(), chain, ++length, ReadLimits.LONGEST_CHAIN, "symbols of one bucket");
        }
        return last + length + 1;
    }

    static int hash(byte[] name) {
        int hash = SEED;
        for (byte next : name) {
            hash = hash * 33 + (next & 0xff);
        }
        return hash;
    }

    @Override
    public void visit(byte[] name, IntPredicate visitor) {
        int hash = hash(name);
        long word = table.i64(HEADER + (((hash & 0xffff_ffffL) >>> 6) & filterMask) * 8);
        if ((word >>> hash & word >>> (hash >>> shift) & 1) == 0) {
            return;
        }
        long bucketAt = bucketStart + (hash & 0xffff_ffffL) % buckets * 4;
        long symbol = table.u32(bucketAt);
        if (symbol == 0) {
            return;
        }
        if (symbol < firstSymbol || symbol >= symbols.count()) {
            throw table.malformed(bucketAt, "a symbol from " + firstSymbol + " to " + symbols.count(),
                    Long.toString(symbol));
        }
        for (int steps = 1;; symbol++, steps++) {
            ReadLimits.check(table.source(), table.base() + bucketAt, steps, ReadLimits.LONGEST_CHAIN,
                    "symbols of one bucket");
            int chained = chains.i32((symbol - firstSymbol) * 4);
            if ((chained | 1) == (hash | 1) && symbols.matches((int) symbol, name)
                    && visitor.test((int) symbol)) {
                return;
            }
            if ((chained & 1) != 0) {
                return;
            }
        }
    }
}
