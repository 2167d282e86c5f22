package dev.pulpo.examples.ulp;

import dev.pulpo.engine.ProcessFilter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import picocli.CommandLine;

/** The options that say which processes are meant; without any, all that carry the stub. */
final class Which {
    private static final int MOST_THREADS = 8;

    /** Open files that work on one process takes, at most, and what the JDK opens meanwhile. */
    private static final int FILES_PER_PROCESS = 16;

    @CommandLine.Option(names = {"-p",
            "--process"}, paramLabel = "process", description = "Target process name, wildcard, or PID")
    private String process = "";

    @CommandLine.Option(names = {"-u", "--user"}, paramLabel = "user", description = "User name, wildcard, or UID")
    private String user = "";

    @CommandLine.Option(names = "--disable-threading", description = "Do not launch additional threads")
    private boolean alone;

    /** The process, where it was named by its id. */
    OptionalInt pid() {
        return process.matches("\\d{1,9}") ? OptionalInt.of(Integer.parseInt(process)) : OptionalInt.empty();
    }

    /** Their ids, in ascending order. */
    List<Integer> pids() {
        if (pid().isPresent()) {
            return List.of(pid().getAsInt());
        }
        return new ProcessFilter(Optional.of(process).filter(name -> !name.isEmpty()),
                Optional.of(user).filter(name -> !name.isEmpty())).find();
    }

    /** How many processes to work on at the same time: fewer where this one may open few files only. */
    int threads() {
        return alone ? 1 : Math.clamp(openable() / FILES_PER_PROCESS, 1, MOST_THREADS);
    }

    /** How many more files this process can open; one where not even that can be found out. */
    private static long openable() {
        try (Stream<String> limits = Files.lines(Path.of("/proc/self/limits"));
                Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return limits.filter(line -> line.startsWith("Max open files")).map(line -> line.split(" {2,}")[1])
                    .filter(limit -> !limit.equals("unlimited")).mapToLong(Long::parseLong).findFirst()
                    .orElse(Long.MAX_VALUE) - open.count();
        } catch (IOException unreadable) {
            return 1;
        }
    }
}
