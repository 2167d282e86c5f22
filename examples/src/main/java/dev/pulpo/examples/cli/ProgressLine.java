package dev.pulpo.examples.cli;

import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.examples.terminal.Mark;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;

/**
 * A line on the terminal that tells how an operation goes on, from its second second on. Thread-safe. Its thread ends with the
 * program, and does not keep it from ending.
 */
final class ProgressLine implements OperationListener {
    private static final long LONG_MILLIS = 1000;
    private static final long STEP_MILLIS = 200;

    private final PrintWriter err;
    private String text = "";
    private String shown = "";
    private boolean started;

    /** @param err where it is shown, a terminal */
    ProgressLine(PrintWriter err) {
        this.err = err;
    }

    @Override
    public void planned(List<PatchPlan> plans) {
        PatchPlan first = plans.getFirst();
        note("process " + first.pid() + ": planned " + first.id().shortForm()
                + (plans.size() == 1 ? "" : " and " + (plans.size() - 1) + " more"));
    }

    @Override
    public void loaded(int pid, PatchId patch, Duration borrowed) {
        note("process " + pid + ": loaded " + patch.shortForm());
    }

    @Override
    public void stopped(int pid, int attempt, Duration stop) {
        note("process " + pid + ": stop " + attempt);
    }

    @Override
    public void blocked(int pid, int attempt, List<Blocker> blockers) {
        String who = blockers.isEmpty()
                ? ""
                : ", blocked by thread " + blockers.getFirst().tid() + " (" + blockers.getFirst().thread().name() + ")"
                        + (blockers.size() == 1 ? "" : " and " + (blockers.size() - 1) + " more");
        note("process " + pid + ": stop " + attempt + who);
    }

    @Override
    public void committed(int pid, int attempts, Duration stop) {
        note("process " + pid + ": changed with stop " + attempts);
    }

    private synchronized void note(String now) {
        text = now;
        if (!started) {
            started = true;
            Thread.ofPlatform().daemon().name("pulpo-progress").start(this::run);
        }
    }

    private void run() {
        try {
            Thread.sleep(LONG_MILLIS);
            while (true) {
                show();
                Thread.sleep(STEP_MILLIS);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void show() {
        if (!text.equals(shown)) {
            shown = text;
            err.print(Mark.EMPTY_LINE + text);
            err.flush();
        }
    }

    /** Erases the line, before anything else is printed. It comes back with the next news. */
    synchronized void hide() {
        text = "";
        if (!shown.isEmpty()) {
            shown = "";
            err.print(Mark.EMPTY_LINE);
            err.flush();
        }
    }
}
