package dev.pulpo.examples.ulp;

/** A line on the terminal that says how far a long run is. Short runs have none. */
final class Progress {
    private static final long LONG_NANOS = 1_000_000_000L;

    private final long began = System.nanoTime();
    private final int all;
    private final boolean wanted;

    Progress(int all, boolean wanted) {
        this.all = all;
        this.wanted = wanted;
    }

    void done(int count) {
        if (wanted && System.nanoTime() - began > LONG_NANOS) {
            System.err.print(count < all ? "\r" + count + " of " + all + " processes\r" : "\r\033[K");
            System.err.flush();
        }
    }
}
