package dev.pulpo.elf.zstd;

import java.util.Arrays;
import java.util.zip.DataFormatException;

/** A decoding table of finite state entropy (RFC 8878, 4.1). */
final class FseTable {
    private final int log;
    private final int[] symbols;
    private final int[] bits;
    private final int[] bases;

    private FseTable(int log) {
        this.log = log;
        symbols = new int[1 << log];
        bits = new int[1 << log];
        bases = new int[1 << log];
    }

    /** A table that knows one symbol. */
    static FseTable single(int symbol) {
        FseTable table = new FseTable(0);
        table.symbols[0] = symbol;
        return table;
    }

    /**
     * Reads a description (RFC 8878, 4.1.1).
     *
     * @param mostSymbols how many symbols there may be
     * @param highestLog  the largest accuracy that is allowed
     */
    static FseTable read(ForwardBits in, int mostSymbols, int highestLog) throws DataFormatException {
        int log = in.read(4) + 5;
        if (log > highestLog) {
            throw new DataFormatException("an accuracy of " + log + " bits, " + highestLog + " at most");
        }
        int[] counts = new int[mostSymbols];
        int symbol = 0;
        int remaining = 1 << log;
        while (remaining > 0) {
            if (symbol >= mostSymbols) {
                throw new DataFormatException("more than " + mostSymbols + " symbols");
            }
            int width = 32 - Integer.numberOfLeadingZeros(remaining + 1);
            int value = in.read(width);
            int lower = (1 << (width - 1)) - 1;
            int threshold = (1 << width) - 1 - (remaining + 1);
            if ((value & lower) < threshold) {
                in.back(1);
                value &= lower;
            } else if (value > lower) {
                value -= threshold;
            }
            int count = value - 1;
            remaining -= Math.abs(count);
            counts[symbol++] = count;
            if (count == 0) {
                symbol += zeros(in);
            }
        }
        if (remaining < 0) {
            throw new DataFormatException("probabilities that exceed one");
        }
        return of(counts, Math.min(symbol, mostSymbols), log);
    }

    private static int zeros(ForwardBits in) throws DataFormatException {
        int all = 0;
        int some;
        do {
            some = in.read(2);
            all += some;
        } while (some == 3);
        return all;
    }

    /** The table of a distribution: how often out of {@code 1 << log} each symbol occurs, -1 for less than once. */
    static FseTable of(int[] counts, int symbolCount, int log) throws DataFormatException {
        FseTable table = new FseTable(log);
        int size = 1 << log;
        int high = size - 1;
        int[] next = Arrays.copyOf(counts, symbolCount);
        for (int symbol = 0; symbol < symbolCount; symbol++) {
            if (counts[symbol] == -1) {
                table.symbols[high--] = symbol;
                next[symbol] = 1;
            }
        }
        int step = (size >> 1) + (size >> 3) + 3;
        int at = 0;
        for (int symbol = 0; symbol < symbolCount; symbol++) {
            for (int i = 0; i < counts[symbol]; i++) {
                table.symbols[at] = symbol;
                do {
                    at = (at + step) & (size - 1);
                } while (at > high);
            }
        }
        if (at != 0) {
            throw new DataFormatException("probabilities that do not sum up to one");
        }
        for (int state = 0; state < size; state++) {
            int number = next[table.symbols[state]]++;
            table.bits[state] = log - (31 - Integer.numberOfLeadingZeros(number));
            table.bases[state] = (number << table.bits[state]) - size;
        }
        return table;
    }

    int firstState(BackwardBits in) {
        return (int) in.read(log);
    }

    int symbol(int state) {
        return symbols[state];
    }

    int nextState(int state, BackwardBits in) {
        return bases[state] + (int) in.read(bits[state]);
    }
}
