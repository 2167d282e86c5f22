package dev.pulpo.elf;

import java.util.Arrays;

/**
 * The symbols of a table that occupy memory, sorted by address in primitive arrays. A binary search finds the one that
 * contains an address.
 */
final class AddressIndex {
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_COMMON = 0xfff2;

    private final SymbolNames symbols;
    private final long[] starts;
    private final int[] indexes;
    /** The highest end of the symbols up to here: a backward walk stops when it is below the address. */
    private final long[] highestEnds;

    AddressIndex(SymbolNames symbols) {
        this.symbols = symbols;
        int count = 0;
        for (int i = 1; i < symbols.count(); i++) {
            count += occupiesMemory(i) ? 1 : 0;
        }
        long[] keys = new long[count];
        long[] values = new long[count];
        for (int i = 1, to = 0; i < symbols.count(); i++) {
            if (occupiesMemory(i)) {
                keys[to] = symbols.value(i);
                values[to++] = i;
            }
        }
        RadixSort.sort(keys, values);
        this.starts = keys;
        this.indexes = Arrays.stream(values).mapToInt(Math::toIntExact).toArray();
        this.highestEnds = new long[count];
        long highest = 0;
        for (int i = 0; i < count; i++) {
            long end = starts[i] + symbols.size(indexes[i]);
            // Ignore an end that wraps around: the symbol then has no size.
            if (Long.compareUnsigned(end, starts[i]) >= 0 && Long.compareUnsigned(end, highest) > 0) {
                highest = end;
            }
            highestEnds[i] = highest;
        }
    }

    private boolean occupiesMemory(int index) {
        int section = symbols.section(index);
        if (section == 0 || section == SHN_ABS || section == SHN_COMMON) {
            return false;
        }
        return switch (SymbolType.ofInfo(symbols.info(index))) {
            case NOTYPE, OBJECT, FUNC, GNU_IFUNC -> true;
            default -> false;
        };
    }

    /**
     * The index of the symbol that contains an address, or -1. If there are several, the one that begins last counts,
     * then functions before data before others, global before weak before local, and the first in the table. A symbol
     * without size (assembly) reaches up to the next symbol, unless a symbol with a size contains the address.
     */
    int find(long address) {
        int low = SortedAddresses.floor(starts, address) + 1;
        int sizeless = -1;
        int best = -1;
        for (int i = low - 1; i >= 0; i--) {
            if (low - i > ReadLimits.LONGEST_CHAIN) {
                // Too many nested symbols to compare them all in time.
                return best;
            }
            int index = indexes[i];
            if (best >= 0 && starts[i] != symbols.value(best)) {
                return best;
            }
            if (Long.compareUnsigned(address - starts[i], symbols.size(index)) < 0) {
                best = better(index, best);
            } else if (symbols.size(index) == 0 && starts[i] == starts[low - 1]) {
                sizeless = better(index, sizeless);
            }
            if (Long.compareUnsigned(highestEnds[i], address) <= 0 && starts[i] != starts[low - 1]) {
                break;
            }
        }
        return best >= 0 ? best : sizeless;
    }

    private int better(int candidate, int best) {
        // With equal rank the candidate wins, because the walk is backwards and the first in the table counts.
        return best < 0 || rank(candidate) <= rank(best) ? candidate : best;
    }

    private int rank(int index) {
        int info = symbols.info(index);
        int kind = switch (SymbolType.ofInfo(info)) {
            case FUNC, GNU_IFUNC -> 0;
            case OBJECT -> 4;
            default -> 8;
        };
        return kind + switch (SymbolBinding.ofInfo(info)) {
            case GLOBAL, GNU_UNIQUE -> 0;
            case WEAK -> 1;
            default -> 2;
        };
    }
}
