package dev.pulpo.engine.stack;

import java.util.Arrays;

/** Where stacks have led to code of which nothing is known; not more than some of the places. Allocates nothing in a stop. */
final class MissedCode {
    private final long[] places = new long[64];
    private int count;

    /** Another one. */
    void add(long place) {
        for (int i = 0; i < count; i++) {
            if (places[i] == place) {
                return;
            }
        }
        if (count < places.length) {
            places[count++] = place;
        }
    }

    /** All of them, which are forgotten. */
    long[] take() {
        long[] taken = Arrays.copyOf(places, count);
        count = 0;
        return taken;
    }
}
