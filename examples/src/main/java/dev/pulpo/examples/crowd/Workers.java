package dev.pulpo.examples.crowd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How many processes to work on at the same time. The limit of open files lowers it.
 *
 * @param most how many at most, including those that make their worker wait
 */
public record Workers(int most) {
    private static final int MOST = 256;
    private static final int USUAL = 8;

    /** The most files that work on one process opens, including the JDK's. */
    private static final int FILES_PER_PROCESS = 16;

    /** One after the other. */
    public static final Workers ONE = new Workers(1);

    /** As many as this process can open files for. */
    public static Workers possible() {
        return new Workers(Math.clamp(openable() / FILES_PER_PROCESS, 1, MOST));
    }

    /** How many if each waits now and then. */
    public int usual() {
        return Math.min(USUAL, most);
    }

    /** How many if each always needs a processor. */
    public int processors() {
        return Math.min(Runtime.getRuntime().availableProcessors(), usual());
    }

    /** How many more files this process can open; 1 if that cannot be read. */
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
