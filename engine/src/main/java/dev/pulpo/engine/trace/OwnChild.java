package dev.pulpo.engine.trace;

import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.io.IOException;
import java.util.HashSet;
import java.util.Set;

/**
 * A process that this JVM started for its own use, and that ends with it. Searches for processes skip it, although it has
 * the stub. Thread-safe.
 */
public final class OwnChild implements AutoCloseable {
    private static final Set<Integer> PIDS = new HashSet<>();

    private final LaunchedProcess process;

    private OwnChild(LaunchedProcess process) {
        this.process = process;
    }

    /** Starts it. */
    public static OwnChild start(Launcher launcher) {
        // A search that finds it before its id is known waits in isOwnChild.
        synchronized (PIDS) {
            OwnChild child = new OwnChild(launcher.start());
            PIDS.add(child.process.pid());
            return child;
        }
    }

    /**
     * Starts {@code cat}, and waits until it answers: then its loader has finished. It ends at the end of its input, so it
     * does not outlive a killed JVM.
     *
     * @throws IOException where it does not answer
     */
    public static OwnChild startCat(Launcher launcher) throws IOException {
        OwnChild child = start(launcher);
        try {
            child.process.input().orElseThrow().write('\n');
            child.process.input().orElseThrow().flush();
            if (child.process.output().orElseThrow().read() != '\n') {
                throw new IOException("cat does not answer");
            }
            return child;
        } catch (IOException | RuntimeException failed) {
            child.close();
            throw failed;
        }
    }

    /** Whether a process is one of these. */
    public static boolean isOwnChild(int pid) {
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

    @Override
    public void close() {
        synchronized (PIDS) {
            process.close();
            PIDS.remove(process.pid());
        }
    }
}
