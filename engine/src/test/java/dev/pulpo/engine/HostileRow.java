package dev.pulpo.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * One row of {@link HostileSoak}: starts an honest process of root's and a hostile one of nobody's, runs the commands over
 * them, and prints what happened. It is the first process of a PID namespace: when it ends, so do the others.
 * As a program: {@code HostileRow PULPO DIRECTORY HAZARD}.
 */
final class HostileRow {
    private static final int NOBODY = 65534;
    private static final int ENDED_BY_SIGTERM = 128 + 15;
    /** How long a patch may take to come to a new process, and a watcher to end. */
    private static final long MOST_SECONDS = 20;
    private static final long LOOK_MILLIS = 10;

    private final Path pulpo;
    private final Path directory;
    private final Victims victims;
    /** Between two threads that a process makes without end, in microseconds. */
    private int between;
    private final String stub = StubFile.path().toString();

    private HostileRow(Path pulpo, Path directory) {
        this.pulpo = pulpo;
        this.directory = directory;
        victims = new Victims(directory);
    }

    public static void main(String[] arguments) throws Exception {
        // Whatever still runs is of this namespace, and ends with it.
        Runtime.getRuntime().halt(run(arguments));
    }

    private static int run(String[] arguments) {
        try {
            new HostileRow(Path.of(arguments[0]), Path.of(arguments[1])).measure(arguments[2]);
            return 0;
        } catch (IOException | IllegalStateException | InterruptedException e) {
            System.out.println("failed " + String.valueOf(e).replace('\n', ' '));
            return 1;
        } finally {
            System.out.flush();
        }
    }

    private void measure(String hazard) throws IOException, InterruptedException {
        // Where memory runs out all the same, the kernel kills one of these, and nobody else (proc_pid_oom_score_adj(5)).
        Files.writeString(Path.of("/proc/self/oom_score_adj"), "1000");
        Process honest = start(List.of(victims.server().toString(), "1", "sleep"), false);
        Path canaries = directory.resolve("canaries");
        List<String> before = state(canaries);
        List<Process> hostile = new ArrayList<>();
        HostileHazards hazards = new HostileHazards(directory, victims);
        // With all of them at once the kernel has no time to free what ends, and memory would be what the row measures.
        between = hazard.equals(HostileHazards.ALL) ? 5000 : 0;
        for (String name : hazard.equals(HostileHazards.ALL) ? HostileHazards.names() : List.of(hazard)) {
            if (!name.equals(HostileHazards.NONE)) {
                System.out.println("starts " + name);
                hostile.add(start(hazards.command(name, (int) honest.pid(), canaries.resolve("secret")), true));
            }
        }
        String container = directory.resolve("fixed.so").toString();
        telling(honest, "patches");
        telling(honest, "preflight");
        // Of one hostile process all is asked; where there is none, or all at once, of the honest one.
        boolean one = hostile.size() == 1;
        Process asked = one ? hostile.get(0) : honest;
        String pid = Long.toString(asked.pid());
        over("messages", "-p", pid);
        over("stack", "--locals", "-p", pid);
        over("plan", "-p", pid, container);
        over("trigger", container);
        if (one) {
            over("apply", "--timeout", "3s", "-p", pid, container);
        }
        boolean fixed = ask(honest).equals("2");
        over("outdated");
        over("update", "--all");
        over("accept", container);
        Process later = watched();
        fixed &= ask(later).equals("2");
        telling(honest, "status");
        if (one) {
            over("probe", "count", "--for", "100ms", "-p", pid, "answer");
        }
        over("withdraw", LivePatch.open(Path.of(container)).id().toString());
        fixed &= ask(honest).equals("1") && ask(later).equals("1");
        over("restore");
        System.out.println("honest " + (fixed ? 1 : 0));
        System.out.println("canaries " + (before.equals(state(canaries)) && !hasFileOfRoot("trap") ? 0 : 1));
    }

    private void telling(Process honest, String command) throws IOException, InterruptedException {
        System.out.println(HostileCommand.run(command, directory, List.of(pulpo.toString(), command),
                OptionalLong.of(honest.pid())).line());
    }

    private void over(String command, String... arguments) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of(pulpo.toString(), command));
        all.addAll(List.of(arguments));
        System.out.println(HostileCommand.run(command, directory, all, OptionalLong.empty()).line());
    }

    /** An honest process that starts while a watcher runs; its line tells how long the accepted patch took to come. */
    private Process watched() throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        Process watcher = HostileCommand.start(directory, List.of(pulpo.toString(), "watch"), output);
        try {
            until(() -> Files.readString(output, StandardCharsets.ISO_8859_1).contains("watching"));
            long start = System.nanoTime();
            Process later = start(List.of(victims.server().toString(), "1", "sleep"), false);
            until(() -> ask(later).equals("2"));
            long millis = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
            long memory = HostileCommand.peak(watcher.pid());
            watcher.destroy();
            int status = watcher.waitFor(MOST_SECONDS, TimeUnit.SECONDS)
                    && watcher.exitValue() == ENDED_BY_SIGTERM ? 0 : HostileCommand.KILLED;
            System.out.println(
                    HostileCommand.ended("watch", millis, status, memory, output, OptionalLong.empty()).line());
            return later;
        } finally {
            watcher.destroyForcibly();
        }
    }

    private interface Fact {
        boolean holds() throws IOException;
    }

    private static void until(Fact fact) throws IOException, InterruptedException {
        long start = System.nanoTime();
        while (!fact.holds() && System.nanoTime() - start < TimeUnit.SECONDS.toNanos(MOST_SECONDS)) {
            Thread.sleep(LOOK_MILLIS);
        }
    }

    private Process start(List<String> command, boolean byNobody) throws IOException {
        List<String> all = new ArrayList<>();
        if (byNobody) {
            all.addAll(List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        }
        all.addAll(List.of("env", "LD_PRELOAD=" + stub, "BETWEEN=" + between));
        all.addAll(command);
        ProcessBuilder builder = new ProcessBuilder(all).directory(directory.resolve("files").toFile())
                .redirectError(directory.resolve("errors.txt").toFile());
        Process process = builder.start();
        BufferedReader output = process.inputReader(StandardCharsets.UTF_8);
        if (!"ready".equals(output.readLine())) {
            throw new IllegalStateException(command + " did not start: "
                    + Files.readString(directory.resolve("errors.txt"), StandardCharsets.ISO_8859_1));
        }
        return process;
    }

    private static String ask(Process server) throws IOException {
        OutputStream input = server.getOutputStream();
        input.write("answer\n".getBytes(StandardCharsets.US_ASCII));
        input.flush();
        return String.valueOf(server.inputReader(StandardCharsets.UTF_8).readLine());
    }

    /** Everything about the files in a directory that a write, a change of mode or a replacement would change. */
    private static List<String> state(Path directory) throws IOException {
        List<String> state = new ArrayList<>();
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.sorted().toList()) {
                state.add(Files.readAttributes(file, "unix:ino,mode,uid,gid,size,lastModifiedTime,ctime",
                        LinkOption.NOFOLLOW_LINKS)
                        + " " + Arrays.hashCode(Files.readAllBytes(file)));
            }
        }
        return state;
    }

    private boolean hasFileOfRoot(String kind) throws IOException {
        Path trap = directory.resolve("files").resolve(kind);
        if (!Files.exists(trap)) {
            return false;
        }
        try (Stream<Path> files = Files.list(trap)) {
            for (Path file : files.toList()) {
                if (Files.getAttribute(file, "unix:uid", LinkOption.NOFOLLOW_LINKS).equals(0)) {
                    return true;
                }
            }
        }
        return false;
    }
}
