package dev.pulpo.engine;

import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** A victim that obeys lines; ends with the test. */
final class RunningServer implements AutoCloseable {
    private final LaunchedProcess process;
    private final OutputStream input;
    private final BufferedReader output;
    private final boolean ready;

    private RunningServer(Launcher launcher) {
        process = launcher.start();
        input = process.input().orElseThrow();
        output = new BufferedReader(new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
        String first = line();
        ready = first.equals("ready");
        if (!ready && !first.equals("unsupported")) {
            process.close();
            throw new IllegalStateException("the victim said " + first);
        }
    }

    /** Whether the machine has what the victim needs; it says so itself. */
    boolean isReady() {
        return ready;
    }

    /** A process that knows nothing of Pulpo. */
    static RunningServer plain(Path program, String... arguments) {
        return new RunningServer(new Launcher(command(program, arguments)));
    }

    /** A process that has the stub from the start. */
    static RunningServer preloaded(Path program, String... arguments) {
        return new RunningServer(LiveProcess.launcher(command(program, arguments)));
    }

    /** A process that was told how to start. */
    static RunningServer of(Launcher launcher) {
        return new RunningServer(launcher);
    }

    private static List<String> command(Path program, String... arguments) {
        return java.util.stream.Stream.concat(java.util.stream.Stream.of(program.toString()),
                java.util.Arrays.stream(arguments)).toList();
    }

    int pid() {
        return process.pid();
    }

    LaunchedProcess process() {
        return process;
    }

    /** Sends a line and returns the answer. */
    String ask(String question) {
        say(question);
        return line();
    }

    /** Sends a line that is not answered. */
    void say(String line) {
        try {
            input.write((line + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The next line that the victim prints. */
    String line() {
        try {
            String line = output.readLine();
            if (line == null) {
                throw new IllegalStateException("the victim has ended: " + process.waitFor());
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.close();
    }
}
