package dev.pulpo.examples.benchmark;

import dev.pulpo.ffm.ProcFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** What the machine has room for. Whoever needs much asks first, so that nothing else on it fails. */
final class Room {
    private static final Path PROC = Path.of("/proc");
    private static final Path CONTROL_GROUPS = Path.of("/sys/fs/cgroup");
    /** So many threads are left to others. */
    private static final int RESERVE = 1000;
    /** The segments of a small library, and space between them. */
    private static final int MAPPINGS_OF_A_LIBRARY = 5;
    /** What keeping a process costs: three pipes, a process descriptor and its memory; more while it is read. */
    private static final int FILES_OF_A_PROCESS = 6;

    private Room() {}

    /** @throws Limits.NotHereException where the system allows fewer threads */
    static void forThreads(int count) throws IOException, Limits.NotHereException {
        // The fourth word: runnable and all threads (proc_loadavg(5)).
        long running = Long.parseLong(text(PROC.resolve("loadavg")).split(" ")[3].split("/")[1]);
        for (Path limit : List.of(PROC.resolve("sys/kernel/threads-max"), PROC.resolve("sys/kernel/pid_max"))) {
            require(count + running + RESERVE, Long.parseLong(text(limit)), limit.toString(), "threads");
        }
        Optional<Path> group = ownGroup();
        if (group.isPresent()) {
            String most = text(group.get().resolve("pids.max"));
            long used = Long.parseLong(text(group.get().resolve("pids.current")));
            require(count + used + RESERVE, most.equals("max") ? Long.MAX_VALUE : Long.parseLong(most),
                    group.get().resolve("pids.max").toString(), "threads");
        }
    }

    /** @throws Limits.NotHereException where this process may not open so many files, or there may be no more processes */
    static void forProcesses(int count) throws IOException, Limits.NotHereException {
        forThreads(count);
        String open = text(PROC.resolve("self/limits")).lines().filter(line -> line.startsWith("Max open files"))
                .findFirst().orElseThrow().split(" +")[3];
        require((long) count * FILES_OF_A_PROCESS + RESERVE,
                open.equals("unlimited") ? Long.MAX_VALUE : Long.parseLong(open), "/proc/self/limits", "open files");
    }

    /** @throws Limits.NotHereException where a process may not map so many */
    static void forLibraries(int count) throws IOException, Limits.NotHereException {
        Path limit = PROC.resolve("sys/vm/max_map_count");
        require((long) count * MAPPINGS_OF_A_LIBRARY + RESERVE, Long.parseLong(text(limit)), limit.toString(),
                "mappings");
    }

    private static void require(long needed, long most, String where, String what) throws Limits.NotHereException {
        if (needed > most) {
            throw new Limits.NotHereException(
                    "the system allows " + most + " " + what + " (" + where + "), and this needs " + needed);
        }
    }

    /** The control group that limits this process's threads; empty where none does (cgroups(7)). */
    private static Optional<Path> ownGroup() throws IOException {
        for (String line : text(PROC.resolve("self/cgroup")).split("\n")) {
            String[] parts = line.split(":", 3);
            if (parts[1].isEmpty() || List.of(parts[1].split(",")).contains("pids")) {
                Path group = CONTROL_GROUPS.resolve(parts[1]).resolve(parts[2].substring(1));
                if (Files.isReadable(group.resolve("pids.max"))) {
                    return Optional.of(group);
                }
            }
        }
        return Optional.empty();
    }

    private static String text(Path file) throws IOException {
        // Files.readString reads the first byte by itself, and the kernel gives no more of such a file (proc_sys(5)).
        return ProcFile.read(file, StandardCharsets.US_ASCII).strip();
    }
}
