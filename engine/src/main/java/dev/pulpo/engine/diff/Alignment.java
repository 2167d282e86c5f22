package dev.pulpo.engine.diff;

/** Which instructions of two versions of a function are the same ones: a longest common subsequence. */
final class Alignment {
    /** Above this many cells only what begins and ends alike is aligned. */
    private static final long LARGEST = 1_000_000;

    private Alignment() {}

    /** For each instruction of the first its number in the second, or -1. */
    static int[] of(long[] first, long[] second) {
        int[] pairs = new int[first.length];
        java.util.Arrays.fill(pairs, -1);
        int head = 0;
        while (head < first.length && head < second.length && first[head] == second[head]) {
            pairs[head] = head;
            head++;
        }
        int tail = 0;
        while (tail < first.length - head && tail < second.length - head
                && first[first.length - 1 - tail] == second[second.length - 1 - tail]) {
            pairs[first.length - 1 - tail] = second.length - 1 - tail;
            tail++;
        }
        int rows = first.length - head - tail;
        int columns = second.length - head - tail;
        if (rows > 0 && columns > 0 && (long) rows * columns <= LARGEST) {
            middle(first, second, head, rows, columns, pairs);
        }
        return pairs;
    }

    private static void middle(long[] first, long[] second, int head, int rows, int columns, int[] pairs) {
        int[][] best = new int[rows + 1][columns + 1];
        for (int i = rows - 1; i >= 0; i--) {
            for (int j = columns - 1; j >= 0; j--) {
                best[i][j] = first[head + i] == second[head + j]
                        ? best[i + 1][j + 1] + 1
                        : Math.max(best[i + 1][j], best[i][j + 1]);
            }
        }
        for (int i = 0, j = 0; i < rows && j < columns;) {
            if (first[head + i] == second[head + j]) {
                pairs[head + i++] = head + j++;
            } else if (best[i + 1][j] >= best[i][j + 1]) {
                i++;
            } else {
                j++;
            }
        }
    }
}
