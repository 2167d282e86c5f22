package dev.pulpo.engine.trace;

import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.util.HashSet;
import java.util.Set;

/**
 * A process that this JVM has started for its own use, and that ends with it: whoever looks for processes does not mean it,
 * though it carries the stub. Thread-safe.
 */
public final class OwnChild implements AutoCloseable {
    private static final Set<Integer> PIDS = new HashSet<>();

    private final LaunchedProcess process;

    private OwnChild(LaunchedProcess process) {
        this.process = process;
    }

    /** Starts it. */
    public static OwnChild start(Launcher launcher) {
        // Who sees it among all processes before its id is known waits in isOne.
        synchronized (PIDS) {
            OwnChild child = new OwnChild(launcher.start());
            PIDS.add(child.process.pid());
            return child;
        }
    }

    /** Whether a process that has been seen is one of those. */
    public static boolean isOne(int pid) {
        synchronized (PIDS) {
            return PIDS.contains(pid);
        }
    }

    public LaunchedProcess process() {
        return process;
    }

    public int pid() {
        return process.pid();
    }

    /** Ends it. */
    @Override
    public void close() {
        synchronized (PIDS) {
            process.close();
            PIDS.remove(process.pid());
        }
    }
}
