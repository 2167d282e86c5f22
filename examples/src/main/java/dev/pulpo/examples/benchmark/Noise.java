package dev.pulpo.examples.benchmark;

import dev.pulpo.ffm.ProcFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What else the machine did at one time: how long an empty loop of this JVM did not run, and how many threads wanted to.
 *
 * @param watched how long the loop was watched
 * @param longest its longest gap
 * @param lost    the sum of all gaps above 0.1 ms
 * @param gaps    how many they were
 * @param load    the load averages of 1, 5 and 15 minutes (proc_loadavg(5))
 */
record Noise(Duration watched, Duration longest, Duration lost, int gaps, String load) {
    private static final Path PROC = Path.of("/proc");
    private static final long LEAST_GAP = 100_000;

    /** Watches an empty loop. */
    static Noise watch(Duration time) throws IOException {
        long longest = 0;
        long lost = 0;
        int gaps = 0;
        long began = System.nanoTime();
        long last = began;
        while (last - began < time.toNanos()) {
            long now = System.nanoTime();
            long gap = now - last;
            longest = Math.max(longest, gap);
            if (gap > LEAST_GAP) {
                lost += gap;
                gaps++;
            }
            last = now;
        }
        String load = String.join(" ",
                List.of(text(PROC.resolve("loadavg")).split(" ")).subList(0, 3));
        return new Noise(time, Duration.ofNanos(longest), Duration.ofNanos(lost), gaps, load);
    }

    /** What machine this is, and what runs on it. */
    static List<String> machine() throws IOException {
        String processor;
        try (Stream<String> lines = Files.lines(PROC.resolve("cpuinfo"))) {
            processor = lines.filter(line -> line.startsWith("model name")).findFirst()
                    .map(line -> line.substring(line.indexOf(':') + 2)).orElse("a processor of unknown model");
        }
        Path governor = Path.of("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
        return List.of(Runtime.getRuntime().availableProcessors() + " processors: " + processor
                + (Files.isReadable(governor) ? ", governor " + text(governor) : ""),
                "Linux " + text(PROC.resolve("sys/kernel/osrelease")),
                Optional.ofNullable(System.getProperty("java.vm.name")).orElse("Java") + " "
                        + Runtime.version());
    }

    private static String text(Path file) throws IOException {
        return ProcFile.read(file, StandardCharsets.US_ASCII).strip();
    }
}
