package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** A control group of a test's own (cgroups(7)), of either version, with one process in it; ends with the test. */
record ControlGroup(Path path) implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** @param root of the hierarchy */
    static ControlGroup of(int pid, Path root) throws IOException {
        return new ControlGroup(Files.createDirectory(root.resolve("pulpo-test-" + pid)));
    }

    /** Where what the kernel calls {@code name} is set. */
    Path file(String name) {
        return path.resolve(name);
    }

    void add(int pid) throws IOException {
        Files.writeString(file("cgroup.procs"), Integer.toString(pid));
    }

    /** Threads of a process that is ending are in it to the last, whether or not they are listed. */
    @Override
    public void close() throws IOException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!isRemoved(System.nanoTime() - deadline > 0)) {
            Thread.onSpinWait();
        }
    }

    private boolean isRemoved(boolean last) throws IOException {
        try {
            for (String pid : Files.readAllLines(file("cgroup.procs"))) {
                Files.writeString(path.resolveSibling("cgroup.procs"), pid);
            }
            Files.delete(path);
            return true;
        } catch (IOException busy) {
            if (last) {
                throw busy;
            }
            return false;
        }
    }
}
