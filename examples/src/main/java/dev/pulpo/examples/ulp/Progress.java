package dev.pulpo.examples.ulp;

import dev.pulpo.examples.terminal.Mark;
import dev.pulpo.examples.terminal.Terminal;

/**
 * A line on the terminal that says how far a long run is; short runs have none. It stands on the standard error stream,
 * and must be hidden before anything else is printed. Not thread-safe.
 */
final class Progress {
    private static final long LONG_NANOS = 1_000_000_000L;

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
            Terminal.err().print(Mark.EMPTY_LINE.toString() + done + " of " + all + " processes");
            Terminal.err().flush();
            shown = true;
        }
    }

    void hide() {
        if (shown) {
            Terminal.err().print(Mark.EMPTY_LINE);
            Terminal.err().flush();
            shown = false;
        }
    }
}
