package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** A control group of its own for a process that may not have much memory (cgroups(7)), in version 2 or 1. */
final class MemoryLimit implements AutoCloseable {
    private static final List<Path> ROOTS = List.of(Path.of("/sys/fs/cgroup/memory"), Path.of("/sys/fs/cgroup"));

    private final ControlGroup group;

    private MemoryLimit(ControlGroup group) {
        this.group = group;
    }

    private static Optional<Path> root() {
        return ROOTS.stream().filter(root -> Files.isWritable(root.resolve("cgroup.procs"))
                && (Files.exists(root.resolve("memory.limit_in_bytes")) || hasController(root))).findFirst();
    }

    private static boolean hasController(Path root) {
        try {
            return Files.readString(root.resolve("cgroup.subtree_control")).contains("memory");
        } catch (IOException none) {
            return false;
        }
    }

    static boolean isAvailable() {
        return root().isPresent();
    }

    /** Puts a process into one. */
    static MemoryLimit of(int pid, long bytes) throws IOException {
        Path root = root().orElseThrow();
        ControlGroup group = ControlGroup.of(pid, root);
        Path limit = Stream.of("memory.limit_in_bytes", "memory.max").map(group::file).filter(Files::exists)
                .findFirst().orElseThrow();
        Files.writeString(limit, Long.toString(bytes));
        group.add(pid);
        return new MemoryLimit(group);
    }

    /** How many processes of the group the kernel has ended for want of memory. */
    int kills() throws IOException {
        Path events = Stream.of("memory.oom_control", "memory.events").map(group::file).filter(Files::exists)
                .findFirst().orElseThrow();
        return Files.readAllLines(events).stream().filter(line -> line.startsWith("oom_kill "))
                .mapToInt(line -> Integer.parseInt(line.substring("oom_kill ".length()))).sum();
    }

    @Override
    public void close() throws IOException {
        group.close();
    }
}
