package dev.pulpo.examples.benchmark;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A program that is measured: it says a line when it is ready, and ends when its input does, so it never outlives the benchmark.
 */
final class Target implements AutoCloseable {
    private static final Set<Target> OPEN = ConcurrentHashMap.newKeySet();

    private final LaunchedProcess process;
    private final OutputStream input;
    private final BufferedReader output;

    private Target(Launcher launcher) {
        process = launcher.start();
        OPEN.add(this);
        input = process.input().orElseThrow();
        output = new BufferedReader(new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
    }

    /** Starts a program with the stub, and waits until it is ready. */
    static Target start(String... command) throws IOException {
        return start(LiveProcess.launcher(List.of(command)));
    }

    /** Starts a program, and waits until it is ready. */
    static Target start(Launcher launcher) throws IOException {
        Target target = new Target(launcher);
        try {
            target.line();
            return target;
        } catch (IOException | RuntimeException failed) {
            target.close();
            throw failed;
        }
    }

    /** Ends all targets that are not closed yet. */
    static void closeAll() {
        OPEN.forEach(Target::close);
    }

    int pid() {
        return process.pid();
    }

    /** Asks the program, and returns the words of its answer. */
    String[] ask(String question) throws IOException {
        input.write((question + "\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
        return line().split(" ");
    }

    private String line() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new IOException("the measured program has ended");
        }
        return line.strip();
    }

    @Override
    public void close() {
        if (OPEN.remove(this)) {
            process.close();
        }
    }
}
