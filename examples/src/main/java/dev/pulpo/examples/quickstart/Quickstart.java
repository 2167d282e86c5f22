package dev.pulpo.examples.quickstart;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** Starts a server under load, applies and reverts a patch, and shows what its clients saw. */
public final class Quickstart {
    private static final String CLIENTS = "4";
    private static final int SAMPLES = 3;
    /** So many reports may have waited in the pipe: ten seconds of them. */
    private static final int LATE = 40;

    private final BufferedReader server;

    private Quickstart(LaunchedProcess process) {
        server = new BufferedReader(new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
    }

    /**
     * Runs the quickstart; exits with 0 only if the clients saw each version when they should.
     *
     * @param arguments the directory of the built demo
     */
    public static void main(String[] arguments) throws IOException {
        Path demo = Path.of(arguments[0]);
        List<String> command = List.of(demo.resolve("server").toString(), CLIENTS, "stdin");
        try (LaunchedProcess child = LiveProcess.launcher(command).start();
                LiveProcess process = LiveProcess.attach(child.pid())) {
            Quickstart show = new Quickstart(child);
            LivePatch patch = LivePatch.of(demo.resolve("fix.so")).target("libgreeting.so")
                    .replace("greeting", "greeting_fixed").comment("quickstart");
            Terminal.out().println(process + ", " + CLIENTS + " clients and as many threads that answer them");
            show.observe("before", "version 1");
            Outcome applied = process.apply(patch);
            Terminal.out().println("-> " + applied);
            show.observe("after", "version 2");
            Outcome reverted = process.revert(patch.id());
            Terminal.out().println("-> " + reverted);
            show.observe("reverted", "version 1");
        }
    }

    /**
     * Prints some reports of the server. The earlier ones cover the change itself, including the stop; on a busy machine they
     * are older.
     */
    private void observe(String when, String expected) throws IOException {
        String line = line();
        Terminal.out().printf("%-9s %s%n", "", line);
        for (int i = 0; i < LATE && !line.endsWith(expected); i++) {
            line = line();
            Terminal.out().printf("%-9s %s%n", "", line);
        }
        for (int i = 0; i < SAMPLES; i++) {
            line = line();
            Terminal.out().printf("%-9s %s%n", when, line);
        }
        if (!line.endsWith(expected)) {
            throw new IllegalStateException("the server should say " + expected + " and says: " + line);
        }
    }

    private String line() throws IOException {
        String line = server.readLine();
        if (line == null) {
            throw new IllegalStateException("the server has ended");
        }
        return line;
    }
}
