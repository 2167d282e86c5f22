package dev.pulpo.engine.code;

import java.util.Arrays;

/** Some code addresses on stacks without call frame information or proof. Allocates nothing in a stop. */
final class MissedCode {
    private final long[] places = new long[64];
    private int count;

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

    /** Returns and clears them. */
    long[] take() {
        long[] taken = Arrays.copyOf(places, count);
        count = 0;
        return taken;
    }
}
