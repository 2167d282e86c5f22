package dev.pulpo.elf.zstd;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;

/** A Huffman code of at most 11 bits for bytes (RFC 8878, 4.2). */
final class HuffmanTable {
    private static final int LONGEST = 11;
    private static final int MOST_WEIGHTS = 255;
    private static final int WEIGHT_LOG = 6;

    private final int longest;
    private final byte[] symbols;
    private final byte[] lengths;

    private HuffmanTable(int longest) {
        this.longest = longest;
        symbols = new byte[1 << longest];
        lengths = new byte[1 << longest];
    }

    /** A table, and the end of its description. */
    record Read(HuffmanTable table, int end) {}

    static Read read(ByteBuffer input, int start, int end) throws DataFormatException {
        if (start >= end) {
            throw new DataFormatException("no Huffman code");
        }
        int header = input.get(start) & 0xff;
        int[] weights = new int[MOST_WEIGHTS + 1];
        int count;
        int after;
        if (header >= 128) {
            count = header - 127;
            after = start + 1 + (count + 1) / 2;
            checkWithin(after, end);
            for (int i = 0; i < count; i++) {
                int pair = input.get(start + 1 + i / 2) & 0xff;
                weights[i] = i % 2 == 0 ? pair >> 4 : pair & 15;
            }
        } else {
            after = start + 1 + header;
            checkWithin(after, end);
            ForwardBits description = new ForwardBits(input, start + 1, after);
            FseTable table = FseTable.read(description, 16, WEIGHT_LOG);
            count = readWeights(table, new BackwardBits(input, description.nextByte(), after), weights);
        }
        return new Read(of(weights, count), after);
    }

    private static void checkWithin(int after, int end) throws DataFormatException {
        if (after > end) {
            throw new DataFormatException("a Huffman code that does not end");
        }
    }

    /** Two states alternate until the stream ends. */
    private static int readWeights(FseTable table, BackwardBits in, int[] weights) throws DataFormatException {
        int[] states = {table.firstState(in), table.firstState(in)};
        for (int count = 0; count < MOST_WEIGHTS - 1; count++) {
            int turn = count & 1;
            weights[count] = table.symbol(states[turn]);
            states[turn] = table.nextState(states[turn], in);
            if (in.left() < 0) {
                weights[count + 1] = table.symbol(states[1 - turn]);
                return count + 2;
            }
        }
        throw new DataFormatException("more than " + MOST_WEIGHTS + " weights");
    }

    private static HuffmanTable of(int[] weights, int count) throws DataFormatException {
        int sum = 0;
        for (int i = 0; i < count; i++) {
            if (weights[i] > LONGEST) {
                throw new DataFormatException("a weight of " + weights[i]);
            }
            sum += weights[i] == 0 ? 0 : 1 << (weights[i] - 1);
        }
        int longest = 32 - Integer.numberOfLeadingZeros(sum);
        int rest = (1 << longest) - sum;
        if (sum == 0 || longest > LONGEST || Integer.bitCount(rest) != 1) {
            throw new DataFormatException("weights that make no code");
        }
        // The last weight makes the sum a power of two.
        weights[count] = 32 - Integer.numberOfLeadingZeros(rest);
        HuffmanTable table = new HuffmanTable(longest);
        int at = 0;
        for (int weight = 1; weight <= longest; weight++) {
            for (int symbol = 0; symbol <= count; symbol++) {
                if (weights[symbol] == weight) {
                    int cells = 1 << (weight - 1);
                    java.util.Arrays.fill(table.symbols, at, at + cells, (byte) symbol);
                    java.util.Arrays.fill(table.lengths, at, at + cells, (byte) (longest + 1 - weight));
                    at += cells;
                }
            }
        }
        return table;
    }

    /** Decodes one stream into a part of an array. */
    void decode(BackwardBits in, byte[] into, int from, int to) throws DataFormatException {
        int mask = (1 << longest) - 1;
        int state = (int) in.read(longest);
        for (int i = from; i < to; i++) {
            into[i] = symbols[state];
            int length = lengths[state];
            state = (state << length | (int) in.read(length)) & mask;
        }
        if (in.left() != -longest) {
            throw new DataFormatException("a stream of another length than " + (to - from));
        }
    }
}
