package dev.pulpo.examples.ulp;

/**
 * A line on the terminal that says how far a long run is; short runs have none. It stands on the standard error stream,
 * and must be hidden before anything else is printed. Not thread-safe.
 */
final class Progress {
    private static final long LONG_NANOS = 1_000_000_000L;
    /** ECMA-48: to the beginning of the line, and erase it. */
    private static final String EMPTY_LINE = "\r\033[K";

    private final long began = System.nanoTime();
    private final int all;
    private final boolean wanted;
    private boolean shown;

    /** @param wanted whether there is anybody to see it */
    Progress(int all, boolean wanted) {
        this.all = all;
        this.wanted = wanted;
    }

    void show(int done) {
        if (wanted && System.nanoTime() - began > LONG_NANOS) {
            System.err.print(EMPTY_LINE + done + " of " + all + " processes");
            System.err.flush();
            shown = true;
        }
    }

    void hide() {
        if (shown) {
            System.err.print(EMPTY_LINE);
            System.err.flush();
            shown = false;
        }
    }
}
