package dev.pulpo.elf;

import java.util.function.IntPredicate;

/**
 * A hash table for a symbol table that has none, such as {@code .symtab}. It takes eight bytes per symbol and is built in
 * a single pass.
 */
final class NameIndex implements NameLookup {
    private final SymbolNames symbols;
    /** One more than the index of the first symbol of a bucket; zero for none. */
    private final int[] heads;
    /** The same for the symbol that follows in the bucket. */
    private final int[] next;

    NameIndex(SymbolNames symbols) {
        this.symbols = symbols;
        int count = symbols.count();
        this.heads = new int[Math.max(1, Integer.highestOneBit(count))];
        this.next = new int[count];
        StringTable.Hasher hasher = symbols.strings().hasher();
        // From the last to the first, so that the chains have the order of the table.
        for (int i = count - 1; i > 0; i--) {
            int bucket = hasher.gnuHash(symbols.nameOffset(i)) & (heads.length - 1);
            next[i] = heads[bucket];
            heads[bucket] = i + 1;
        }
    }

    @Override
    public void visit(byte[] name, IntPredicate visitor) {
        for (int link = heads[GnuHash.hash(name) & (heads.length - 1)]; link != 0; link = next[link - 1]) {
            if (symbols.matches(link - 1, name) && visitor.test(link - 1)) {
                return;
            }
        }
    }
}
