package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A control group of its own for a process, which can be frozen (cgroups(7)): version 2, or the freezer of version 1. */
final class Freezer implements AutoCloseable {
    private static final List<Path> ROOTS = List.of(Path.of("/sys/fs/cgroup"), Path.of("/sys/fs/cgroup/unified"),
            Path.of("/sys/fs/cgroup/freezer"));

    private final ControlGroup group;

    private Freezer(ControlGroup group) {
        this.group = group;
    }

    private static Optional<Path> root() {
        return ROOTS.stream().filter(root -> Files.isWritable(root.resolve("cgroup.procs"))
                && !root.startsWith("/proc")).findFirst();
    }

    static boolean isAvailable() {
        return root().isPresent();
    }

    static Freezer of(int pid) throws IOException {
        Path root = root().orElseThrow();
        ControlGroup group = ControlGroup.of(pid, root);
        group.add(pid);
        return new Freezer(group);
    }

    void freeze(boolean frozen) throws IOException {
        Path second = group.file("cgroup.freeze");
        if (Files.exists(second)) {
            Files.writeString(second, frozen ? "1" : "0");
        } else {
            Files.writeString(group.file("freezer.state"), frozen ? "FROZEN" : "THAWED");
        }
    }

    @Override
    public void close() throws IOException {
        freeze(false);
        group.close();
    }
}
