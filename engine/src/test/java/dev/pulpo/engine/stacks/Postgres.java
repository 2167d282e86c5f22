package dev.pulpo.engine.stacks;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** PostgreSQL as the distribution ships it, with pgbench at work; as root, since it wants a user of its own. */
final class Postgres {
    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

    private Postgres() {}

    static Subject start(Path directory) throws IOException, InterruptedException {
        Path programs;
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            programs = versions.sorted().toList().getLast().resolve("bin");
        }
        Path home = Files.createTempDirectory(Path.of("/tmp"), "pg");
        run("chown", "postgres", home.toString());
        Path data = home.resolve("data");
        run(asPostgres(programs.resolve("initdb").toString(), "--no-sync", "-D", data.toString()));
        Process server = start(asPostgres(programs.resolve("postgres").toString(), "-D", data.toString(), "-k",
                home.toString(), "-c", "listen_addresses=", "-c", "fsync=off"));
        String ready = programs.resolve("pg_isready") + " -q -h " + home;
        run(asPostgres("sh", "-c", "until " + ready + "; do sleep 0.1; done"));
        String pgbench = programs.resolve("pgbench").toString();
        run(asPostgres(pgbench, "-q", "-i", "-s", "2", "-h", home.toString(), "postgres"));
        Process load = start(asPostgres(pgbench, "-c", "4", "-T", "100000", "-h", home.toString(), "postgres"));
        return new Subject("postgres", () -> server.children().map(child -> (int) child.pid()).toList(),
                () -> load.isAlive() && server.isAlive() ? "" : "the server or pgbench has ended",
                () -> end(load, server, home));
    }

    private static void end(Process load, Process server, Path home) {
        try {
            load.destroyForcibly().waitFor();
            // Without clients it ends, and takes its processes with it.
            server.destroy();
            server.waitFor();
            run("rm", "-r", home.toString());
        } catch (IOException | InterruptedException failed) {
            throw new IllegalStateException(failed);
        }
    }

    private static String[] asPostgres(String... command) {
        return Stream.concat(Stream.of("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"),
                Stream.of(command)).toArray(String[]::new);
    }

    private static Process start(String... command) throws IOException {
        return new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private static void run(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (process.waitFor() != 0) {
            throw new IOException(String.join(" ", command) + "\n" + output);
        }
    }
}
