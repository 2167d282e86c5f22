package dev.pulpo.engine;

import dev.pulpo.engine.container.Packer;
import dev.pulpo.ffm.Processes;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Runs the tool, as root, over hostile processes of nobody's beside an honest one, one kind after the other and all at once,
 * each in a PID namespace of its own, and counts what must not be. As a program: {@code HostileSoak PULPO STUB_SOURCES
 * [NAME...]}, where a name may be the beginning of one.
 */
final class HostileSoak {
    /** Commands over all processes, which one of them may not slow down. */
    private static final List<String> OVER_ALL = List.of("patches", "preflight", "trigger", "outdated", "update",
            "accept", "watch", "status", "withdraw", "restore");
    private static final List<String> COMMANDS = List.of("patches", "preflight", "messages", "stack", "plan", "trigger",
            "apply", "probe", "outdated", "update", "accept", "watch", "status", "withdraw", "restore");
    private static final List<String> PROGRAMS = List.of("state", "liar", "jail", "memory", "replaced", "threads",
            "locks");

    private static final long LOOK_MILLIS = 50;
    /** How long a command about one hostile process may take; apply is given 3 s. */
    private static final long ONE_MILLIS = 10_000;
    /** What a machine with other work may add to a command over all. */
    private static final long NOISE_MILLIS = 500;
    /** 512 MiB of heap, and what a JVM needs besides. */
    private static final long MOST_MEMORY = 768;

    private static final String FORMAT = "%-34s" + " %6s".repeat(COMMANDS.size())
            + " %5s | %4s %4s %4s %5s %7s %6s %6s %8s  %s";

    private final Path pulpo;
    private final Path directory;
    private final Map<String, Long> alone = new HashMap<>();
    private volatile @Nullable Process row;

    private HostileSoak(Path pulpo, Path directory) {
        this.pulpo = pulpo;
        this.directory = directory;
    }

    /** What one row has shown; all counts have to be 0. */
    private record Row(List<HostileCommand> commands, boolean honest, boolean canaries, Optional<String> failure) {
        static Row parse(List<String> lines) {
            return new Row(
                    lines.stream().filter(line -> line.startsWith("command ")).map(HostileCommand::parse).toList(),
                    lines.contains("honest 1"), lines.contains("canaries 0"),
                    lines.contains("canaries 0") || lines.contains("canaries 1")
                            ? Optional.empty()
                            : Optional.of(String.join("; ", lines)));
        }

        Optional<HostileCommand> of(String command) {
            return commands.stream().filter(one -> one.what().equals(command)).findAny();
        }
    }

    public static void main(String[] arguments) throws Exception {
        if (Processes.effectiveUser() != 0) {
            System.err.println(
                    "soak --hostile starts processes of another user in namespaces of their own: only root can;"
                            + " sudo would help");
            System.exit(2);
        }
        List<String> wanted = List.of(arguments).subList(2, arguments.length);
        List<String> names = new ArrayList<>(HostileHazards.names());
        names.add(HostileHazards.ALL);
        List<String> chosen = names.stream()
                .filter(name -> wanted.isEmpty() || wanted.stream().anyMatch(name::startsWith)).toList();
        if (chosen.isEmpty()) {
            System.err.println("no hazard begins so; there are " + String.join(" ", names));
            System.exit(2);
        }
        Path directory = Files.createTempDirectory("hostile");
        HostileSoak soak = new HostileSoak(Path.of(arguments[0]), directory);
        // Also where it is interrupted: what the row started ends with the first process of its namespace.
        Runtime.getRuntime().addShutdownHook(new Thread(soak::cleanUp));
        soak.prepare(Path.of(arguments[1]));
        boolean clean = soak.run(chosen);
        System.exit(clean ? 0 : 1);
    }

    private void cleanUp() {
        try {
            Process running = row;
            if (running != null) {
                running.descendants().forEach(ProcessHandle::destroyForcibly);
                running.destroyForcibly().waitFor();
            }
            Tools.run("rm", "-rf", directory.toString());
        } catch (IOException | InterruptedException e) {
            System.err.println(directory + " is left behind: " + e);
        }
    }

    private void prepare(Path stubSources) throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Victims victims = new Victims(directory);
        victims.compiled("libanswer.so", "answer.c", "-g", "-shared", "-fPIC", "-fpatchable-function-entry=16,14",
                "-Wl,-soname,libanswer.so");
        victims.server();
        resource("hostile.h");
        for (String program : PROGRAMS) {
            Tools.run("gcc", "-O1", "-Wall", "-Wextra", "-Werror", "-pthread", "-I" + stubSources, "-o",
                    directory.resolve(program).toString(), resource(program + ".c").toString(), "-L" + directory,
                    "-lanswer", "-Wl,-rpath," + directory);
        }
        Path harmless = Files.writeString(directory.resolve("harmless.c"),
                "#include \"hostile.h\"\nint main(void) { live(); }\n");
        Tools.run("gcc", "-I" + stubSources, "-I" + directory, "-o", directory.resolve("harmless").toString(),
                harmless.toString(), "-L" + directory, "-lanswer", "-Wl,-rpath," + directory);
        Path fixed = victims.compiled("fixed.so", "fix.c", "-g", "-shared", "-fPIC", "-DVALUE=2");
        Path description = Files.writeString(directory.resolve("fixed.dsc"),
                fixed + "\n@" + victims.library() + "\nanswer:fixed_answer\n");
        Packer.read(description, Optional.empty(), Optional.empty()).write(fixed);
    }

    private Path resource(String name) throws IOException {
        try (InputStream in = HostileSoak.class.getResourceAsStream("/hostile/" + name)) {
            if (in == null) {
                throw new IllegalStateException("no test resource hostile/" + name);
            }
            return Files.write(directory.resolve(name), in.readAllBytes());
        }
    }

    /** Whether nothing was that must not be. */
    private boolean run(List<String> names) throws IOException, InterruptedException {
        System.out.printf(
                "Times in ms. late: commands over all that took more than twice their time without the hostile"
                        + " process, or others more than %d s. big: more than %d MiB.%n",
                ONE_MILLIS / 1000, MOST_MEMORY);
        System.out.println(String
                .format(FORMAT,
                        Stream.of(Stream.of("hazard"),
                                COMMANDS.stream().map(name -> name.substring(0, Math.min(6, name.length()))),
                                Stream.of("MiB", "late", "big", "kill", "blind", "unfixed", "canary", "traces",
                                        "controls", "exit statuses"))
                                .flatMap(cells -> cells).toArray())
                .stripTrailing());
        // The first run fills caches; the times are those of the second.
        row(HostileHazards.NONE);
        Row none = row(HostileHazards.NONE);
        none.commands().forEach(command -> alone.put(command.what(), command.millis()));
        boolean clean = print(HostileHazards.NONE, none);
        for (String name : names) {
            clean &= print(name, row(name));
        }
        return clean;
    }

    private Row row(String name) throws IOException, InterruptedException {
        Path files = Files.createDirectory(directory.resolve("files"));
        Files.setPosixFilePermissions(files, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setAttribute(files, "unix:uid", 65534);
        plantCanaries();
        Process process = new ProcessBuilder("unshare", "--pid", "--fork", "--kill-child", "--mount-proc",
                System.getProperty("java.home") + "/bin/java", "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
                HostileRow.class.getName(), pulpo.toString(), directory.toString(), name)
                .redirectErrorStream(true).start();
        row = process;
        AtomicBoolean starved = new AtomicBoolean();
        Thread guard = Thread.ofPlatform().daemon().start(() -> guard(process, starved));
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            List<String> lines = new ArrayList<>(output.lines().toList());
            if (starved.get()) {
                lines.add(0, "ended: less than half of the machine's memory was left");
            }
            return Row.parse(lines);
        } finally {
            process.waitFor();
            guard.join();
            // Names in there are no UTF-8.
            Tools.run("rm", "-rf", files.toString());
        }
    }

    /**
     * Ends a row before the machine runs out of memory: others work on it, and the kernel would choose whom to kill. Not all
     * that a process has the kernel allocate is charged to a control group. The end of unshare ends the whole namespace.
     */
    private static void guard(Process row, AtomicBoolean starved) {
        try {
            while (!row.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                if (2 * memory("MemAvailable") < memory("MemTotal")) {
                    starved.set(true);
                    row.destroyForcibly();
                }
            }
        } catch (IOException | InterruptedException e) {
            // Nothing runs unguarded.
            row.destroyForcibly();
        }
    }

    private static long memory(String what) throws IOException {
        return Files.readAllLines(Path.of("/proc/meminfo")).stream().filter(line -> line.startsWith(what + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst().orElseThrow();
    }

    /** Makes anew what nobody but root may change, the store included; the row before may have done so. */
    private void plantCanaries() throws IOException, InterruptedException {
        Tools.run("rm", "-rf", directory.resolve(HostileCommand.STORE).toString());
        Path canaries = directory.resolve("canaries");
        Tools.run("rm", "-rf", canaries.toString());
        Files.createDirectory(canaries);
        Files.setPosixFilePermissions(canaries, PosixFilePermissions.fromString("rwxr-xr-x"));
        Path secret = Files.writeString(canaries.resolve("secret"), "only root may read or write this\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
    }

    private boolean print(String name, Row row) {
        long late = row.commands().stream().filter(this::isLate).count();
        long big = row.commands().stream().filter(command -> command.memory() > MOST_MEMORY).count();
        long killed = row.commands().stream().filter(command -> command.status() >= HostileCommand.KILLED).count();
        long blind = row.commands().stream().filter(HostileCommand::blind).count();
        int traces = row.commands().stream().mapToInt(HostileCommand::traces).sum();
        int controls = row.commands().stream().mapToInt(HostileCommand::controls).sum();
        boolean failed = row.failure().isPresent();
        int unfixed = row.honest() || failed ? 0 : 1;
        int canaries = row.canaries() || failed ? 0 : 1;
        List<Object> cells = new ArrayList<>(List.of(name));
        COMMANDS.forEach(command -> cells.add(row.of(command).map(one -> Long.toString(one.millis())).orElse("-")));
        cells.addAll(List.of(row.commands().stream().mapToLong(HostileCommand::memory).max().orElse(0), late, big,
                killed, blind, unfixed, canaries, traces, controls, row.commands().stream()
                        .map(command -> Integer.toString(command.status())).collect(Collectors.joining(" "))));
        System.out.printf(FORMAT + "%n", cells.toArray());
        row.failure().ifPresent(reason -> System.out.println("    could not be run: " + reason));
        System.out.flush();
        return late + big + killed + blind + unfixed + canaries + traces + controls == 0 && !failed;
    }

    private boolean isLate(HostileCommand command) {
        return OVER_ALL.contains(command.what())
                ? command.millis() > 2 * alone.getOrDefault(command.what(), Long.MAX_VALUE / 2) + NOISE_MILLIS
                : command.millis() > ONE_MILLIS;
    }
}
