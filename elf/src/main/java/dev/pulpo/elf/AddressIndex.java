package dev.pulpo.elf;

/**
 * The symbols of a table that occupy memory, sorted by address in primitive arrays; finds the one that contains an
 * address by binary search.
 */
final class AddressIndex {
    private static final int SHN_ABS = 0xfff1;
    private static final int SHN_COMMON = 0xfff2;

    private final SymbolNames symbols;
    private final long[] starts;
    private final int[] indexes;
    /** The highest end of the symbols up to here: whoever walks back may stop when it is below the address. */
    private final long[] highestEnds;

    AddressIndex(SymbolNames symbols) {
        this.symbols = symbols;
        int count = 0;
        for (int i = 1; i < symbols.count(); i++) {
            count += occupiesMemory(i) ? 1 : 0;
        }
        long[] keys = new long[count];
        int[] values = new int[count];
        for (int i = 1, to = 0; i < symbols.count(); i++) {
            if (occupiesMemory(i)) {
                keys[to] = symbols.value(i);
                values[to++] = i;
            }
        }
        RadixSort.sort(keys, values);
        this.starts = keys;
        this.indexes = values;
        this.highestEnds = new long[count];
        long highest = 0;
        for (int i = 0; i < count; i++) {
            long end = starts[i] + symbols.size(indexes[i]);
            // An end that wraps around is as good as none: the symbol is not believed beyond its start.
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
     * The index of the symbol that contains an address, or -1. Of several, the one that begins last; then functions
     * before data before the rest, global before weak before local, the first in the table. A symbol without size
     * (assembly) reaches up to the next symbol, but gives way to any that really contains the address.
     */
    int find(long address) {
        int low = firstAbove(address);
        int sizeless = -1;
        int best = -1;
        for (int i = low - 1; i >= 0; i--) {
            if (low - i > ReadLimits.LONGEST_CHAIN) {
                // So many within each other: which of them it is cannot be said in time.
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

    private int firstAbove(long address) {
        int low = 0;
        int high = starts.length;
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (Long.compareUnsigned(starts[middle], address) <= 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }

    private int better(int candidate, int best) {
        // Equal rank goes to the candidate, because the walk is backwards and the first in the table is to win.
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
