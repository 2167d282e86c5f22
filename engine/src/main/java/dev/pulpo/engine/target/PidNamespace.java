package dev.pulpo.engine.target;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** PID namespaces (pid_namespaces(7)). */
public final class PidNamespace {
    private static final Path OWN = Path.of("/proc/self/ns/pid");

    private static final Path MOUNTS = Path.of("/proc/self/mountinfo");
    /** With 1, or noaccess, processes are visible. */
    private static final Pattern HIDING = Pattern.compile("hidepid=(2|invisible|4|ptraceable)");

    private PidNamespace() {}

    /** The PID namespace of this process's view: the inode of its file (namespaces(7)). */
    public static long own() {
        try {
            return number(OWN);
        } catch (IOException e) {
            throw new UncheckedIOException(OWN + " names the namespace in which process ids hold", e);
        }
    }

    /** The PID namespace of a process; empty where it has ended, or may not be read. */
    public static Optional<Long> of(int pid) {
        try {
            return Optional.of(number(ProcFs.process(pid).resolve("ns/pid")));
        } catch (IOException goneOrForbidden) {
            return Optional.empty();
        }
    }

    private static long number(Path file) throws IOException {
        return (long) Files.getAttribute(file, "unix:ino");
    }

    /**
     * Whether procfs hides processes from some users ({@code hidepid} in proc(5)); then an invisible process may be alive.
     */
    public static boolean hidesProcesses() {
        try (Stream<String> mounts = Files.lines(MOUNTS, StandardCharsets.ISO_8859_1)) {
            return mounts.map(line -> line.split(" ")).filter(words -> words[4].equals("/proc"))
                    .reduce((earlier, later) -> later)
                    .filter(words -> HIDING.matcher(words[words.length - 1]).find()).isPresent();
        } catch (IOException e) {
            throw new UncheckedIOException(MOUNTS + " tells how procfs is mounted", e);
        }
    }

    /**
     * The ids of a process, first in the namespace of this process and last in its own ({@code NSpid} in
     * proc_pid_status(5)); empty where it has ended.
     */
    public static List<Integer> ids(int pid) {
        return ProcFs.status(pid, pid, "NSpid")
                .map(ids -> Arrays.stream(ids.split("\\s+")).map(Integer::valueOf).toList())
                .orElse(List.of());
    }
}
