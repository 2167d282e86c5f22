package dev.pulpo.examples.benchmark;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs programs to their end and takes their time. */
final class Programs {
    static {
        // If a signal ends this JVM, the programs that it has started end with it.
        Runtime.getRuntime().addShutdownHook(
                new Thread(() -> ProcessHandle.current().descendants().forEach(ProcessHandle::destroyForcibly)));
    }

    private Programs() {}

    /** What a program has printed to its standard output, and its time from start to end. */
    record Run(Duration time, String output) {}

    /**
     * Runs a program that must succeed. If this thread is interrupted, the program and its children are killed.
     *
     * @throws IOException where there is no such program, or its status is not 0
     */
    static Run run(List<String> command) throws IOException, InterruptedException {
        Path output = Files.createTempFile("benchmark", ".out");
        Path errors = Files.createTempFile("benchmark", ".err");
        try {
            long began = System.nanoTime();
            Process process = new ProcessBuilder(command).redirectError(errors.toFile())
                    .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectOutput(output.toFile()).start();
            try {
                int status = process.waitFor();
                Duration time = Duration.ofNanos(System.nanoTime() - began);
                String text = Files.readString(output, StandardCharsets.UTF_8);
                if (status != 0) {
                    throw new IOException(shortened(String.join(" ", command)) + " ended with " + status + ": "
                            + shortened((Files.readString(errors, StandardCharsets.UTF_8) + text).strip()));
                }
                return new Run(time, text);
            } finally {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly().waitFor();
            }
        } finally {
            Files.delete(output);
            Files.delete(errors);
        }
    }

    static Run run(String... command) throws IOException, InterruptedException {
        return run(List.of(command));
    }

    private static String shortened(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + "…";
    }

    /** An experiment that takes a time. */
    interface Timed {
        Duration run() throws IOException, InterruptedException;
    }

    /** Repeats an experiment. */
    static Spread repeat(int rounds, Timed experiment) throws IOException, InterruptedException {
        List<Duration> times = new ArrayList<>();
        for (int i = 0; i < rounds; i++) {
            times.add(experiment.run());
        }
        return Spread.of(times, time -> time);
    }

    /** Something that takes time. */
    interface Work {
        void run() throws IOException, InterruptedException;
    }

    /** The time of work in this JVM. */
    static Duration time(Work work) throws IOException, InterruptedException {
        long began = System.nanoTime();
        work.run();
        return Duration.ofNanos(System.nanoTime() - began);
    }
}
