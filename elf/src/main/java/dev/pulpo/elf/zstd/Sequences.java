package dev.pulpo.elf.zstd;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import org.jspecify.annotations.Nullable;

/**
 * The copies of a block, each after some literals (RFC 8878, 3.1.1.3.2 and 3.1.1.4). One object per frame: it keeps the
 * tables and the last three distances for the next block.
 */
final class Sequences {
    private static final int[] LITERAL_COUNTS = {4, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2,
            2, 3, 2, 1, 1, 1, 1, 1, -1, -1, -1, -1};
    private static final int[] MATCH_COUNTS = {1, 4, 3, 2, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1,
            1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1};
    private static final int[] DISTANCE_COUNTS = {1, 1, 1, 1, 1, 1, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
            1,
            -1, -1, -1, -1, -1};
    private static final int[] LITERAL_BITS = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3,
            4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    private static final int[] MATCH_BITS = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
            0,
            0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    private static final int[] LITERAL_BASES = bases(LITERAL_BITS, 0);
    private static final int[] MATCH_BASES = bases(MATCH_BITS, 3);
    private static final int MOST_DISTANCE_CODES = 32;

    private final ByteBuffer input;
    private final Output output;
    private final int frameStart;
    private @Nullable FseTable literals;
    private @Nullable FseTable distances;
    private @Nullable FseTable matches;
    private long first = 1;
    private long second = 4;
    private long third = 8;
    private int at;

    Sequences(ByteBuffer input, Output output) {
        this.input = input;
        this.output = output;
        this.frameStart = output.count();
    }

    /** Each code's values begin where those of the code before it end; 65536 literals are the last exception. */
    private static int[] bases(int[] bits, int from) {
        int[] bases = new int[bits.length];
        int next = from;
        for (int code = 0; code < bits.length; code++) {
            bases[code] = next;
            next += 1 << bits[code];
        }
        return bases;
    }

    /** Executes the section from {@code start} up to {@code end}. */
    void execute(int start, int end, byte[] inserted) throws DataFormatException {
        at = start;
        int count = readCount(end);
        int used = 0;
        if (count > 0) {
            int modes = next(end);
            FseTable forLiterals = table(modes >> 6, literals, LITERAL_COUNTS, 6, 36, 9, end);
            literals = forLiterals;
            FseTable forDistances = table(modes >> 4 & 3, distances, DISTANCE_COUNTS, 5, MOST_DISTANCE_CODES, 8, end);
            distances = forDistances;
            FseTable forMatches = table(modes >> 2 & 3, matches, MATCH_COUNTS, 6, 53, 9, end);
            matches = forMatches;
            used = run(count, new BackwardBits(input, at, end), forLiterals, forDistances, forMatches, inserted);
        } else if (at != end) {
            throw new DataFormatException("bytes behind a block without copies");
        }
        output.append(inserted, used, inserted.length - used);
    }

    private int next(int end) throws DataFormatException {
        if (at >= end) {
            throw new DataFormatException("a block that ends in its header");
        }
        return input.get(at++) & 0xff;
    }

    private int readCount(int end) throws DataFormatException {
        int head = next(end);
        if (head < 128) {
            return head;
        }
        if (head < 255) {
            return (head - 128 << 8) + next(end);
        }
        int low = next(end);
        return low + (next(end) << 8) + 0x7f00;
    }

    private FseTable table(int mode, @Nullable FseTable last, int[] usual, int usualLog, int symbols, int highestLog,
            int end) throws DataFormatException {
        return switch (mode) {
            case 0 -> FseTable.of(usual, usual.length, usualLog);
            case 1 -> {
                int symbol = next(end);
                if (symbol >= symbols) {
                    throw new DataFormatException("a code of " + symbol);
                }
                yield FseTable.single(symbol);
            }
            case 2 -> {
                ForwardBits bits = new ForwardBits(input, at, end);
                FseTable read = FseTable.read(bits, symbols, highestLog);
                at = bits.nextByte();
                yield read;
            }
            default -> {
                if (last == null) {
                    throw new DataFormatException("the table of an earlier block, and there is none");
                }
                yield last;
            }
        };
    }

    private int run(int count, BackwardBits in, FseTable forLiterals, FseTable forDistances, FseTable forMatches,
            byte[] inserted) throws DataFormatException {
        int literalState = forLiterals.firstState(in);
        int distanceState = forDistances.firstState(in);
        int matchState = forMatches.firstState(in);
        int used = 0;
        for (int i = 0; i < count; i++) {
            int distanceCode = forDistances.symbol(distanceState);
            int literalCode = forLiterals.symbol(literalState);
            int matchCode = forMatches.symbol(matchState);
            long distance = (1L << distanceCode) + in.read(distanceCode);
            int matchLength = MATCH_BASES[matchCode] + (int) in.read(MATCH_BITS[matchCode]);
            int literalLength = LITERAL_BASES[literalCode] + (int) in.read(LITERAL_BITS[literalCode]);
            if (literalLength > inserted.length - used) {
                throw new DataFormatException("more literals than the block has");
            }
            output.append(inserted, used, literalLength);
            used += literalLength;
            output.copy(resolve(distance, literalLength), matchLength, frameStart);
            if (i < count - 1) {
                literalState = forLiterals.nextState(literalState, in);
                matchState = forMatches.nextState(matchState, in);
                distanceState = forDistances.nextState(distanceState, in);
            }
        }
        if (in.left() != 0) {
            throw new DataFormatException("copies of another length than their stream");
        }
        return used;
    }

    /** The values 1 to 3 mean recently used distances (RFC 8878, 3.1.1.5). */
    private long resolve(long value, int literalLength) {
        if (value > 3) {
            third = second;
            second = first;
            first = value - 3;
            return first;
        }
        long number = literalLength == 0 ? value + 1 : value;
        long distance = number == 1 ? first : number == 2 ? second : number == 3 ? third : first - 1;
        if (number > 2) {
            third = second;
        }
        if (number > 1) {
            second = first;
        }
        first = distance;
        return distance;
    }
}
