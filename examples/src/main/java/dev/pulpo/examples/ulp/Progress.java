package dev.pulpo.examples.ulp;

import dev.pulpo.examples.terminal.Mark;
import dev.pulpo.examples.terminal.Terminal;

/**
 * A progress line on the standard error stream, for runs that take long. Hide it before printing anything else. Not
 * thread-safe.
 */
final class Progress {
    private static final long LONG_NANOS = 1_000_000_000L;

    private final long began = System.nanoTime();
    private final int all;
    private final boolean wanted;
    private boolean shown;

    /** @param wanted whether a person sees the terminal */
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
