package dev.pulpo.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One command of the tool beside hostile processes, run to its end.
 *
 * @param what     its name
 * @param millis   how long it took
 * @param status   how it ended; 137 where it had to be killed
 * @param memory   the most that it had in memory, in MiB
 * @param traces   stack traces, and other ends of a JVM, in its output
 * @param controls lines of its output with control characters, bytes that are no UTF-8, or that a process has forged
 * @param blind    whether it was about all processes and did not tell of the honest one
 */
record HostileCommand(String what, long millis, int status, long memory, int traces, int controls, boolean blind) {
    static final int KILLED = 137;
    /** The store of accepted patches, below the directory of a row. */
    static final String STORE = "store";

    private static final long PATIENCE_SECONDS = 60;
    /** In MiB: what has more is not waited for, so that the machine goes on. */
    private static final long ENOUGH_MEMORY = 3072;
    private static final long LOOK_MILLIS = 20;
    private static final Pattern TRACE = Pattern
            .compile("(?m)^\\s+at [a-z]+[./].*\\(|^Exception in |OutOfMemoryError|StackOverflowError|# A fatal error");
    /** C0 without tab and line break, DEL, C1, and what changes the direction of text (Unicode, UAX #9). */
    private static final Pattern CONTROL = Pattern
            .compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u202a-\\u202e\\u2066-\\u2069\\ufffd]|^FORGED");

    /** Runs a command; {@code honest} is the process that it has to tell of. */
    static HostileCommand run(String what, Path directory, List<String> command, OptionalLong honest)
            throws IOException, InterruptedException {
        Path output = Files.createTempFile(directory, "output", ".txt");
        long start = System.nanoTime();
        Process process = start(directory, command, output);
        long memory = 0;
        while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
            memory = Math.max(memory, peak(process.pid()));
            if (memory > ENOUGH_MEMORY || System.nanoTime() - start > TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        }
        return ended(what, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start), process.exitValue(), memory,
                output,
                honest);
    }

    static Process start(Path directory, List<String> command, Path output) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectOutput(output.toFile());
        builder.environment()
                .putAll(Map.of("LC_ALL", "C.UTF-8", "PULPO_STORE", directory.resolve(STORE).toString()));
        return builder.start();
    }

    /** What a command's output shows. */
    static HostileCommand ended(String what, long millis, int status, long memory, Path output, OptionalLong honest)
            throws IOException {
        // Malformed bytes become U+FFFD.
        String text = new String(Files.readAllBytes(output), StandardCharsets.UTF_8);
        int controls = (int) text.lines().filter(line -> CONTROL.matcher(line).find()).count();
        // lines() ends a line at a carriage return, too.
        controls += (int) text.chars().filter(character -> character == '\r').count();
        return new HostileCommand(what, millis, status, memory,
                (int) TRACE.matcher(text).results().count(), controls,
                honest.isPresent()
                        && !Pattern.compile("process " + honest.getAsLong() + "\\b").matcher(text).find());
    }

    /** The most that a process has ever had in memory, in MiB. */
    static long peak(long pid) {
        try {
            Matcher line = Pattern.compile("VmHWM:\\s+(\\d+) kB")
                    .matcher(Files.readString(Path.of("/proc/" + pid + "/status")));
            return line.find() ? Long.parseLong(line.group(1)) >> 10 : 0;
        } catch (IOException ended) {
            return 0;
        }
    }

    /** As a line that {@link #parse} reads. */
    String line() {
        return "command " + what + " " + millis + " " + status + " " + memory + " " + traces + " " + controls + " "
                + blind;
    }

    static HostileCommand parse(String line) {
        String[] words = line.split(" ");
        return new HostileCommand(words[1], Long.parseLong(words[2]), Integer.parseInt(words[3]),
                Long.parseLong(words[4]), Integer.parseInt(words[5]), Integer.parseInt(words[6]),
                Boolean.parseBoolean(words[7]));
    }
}
