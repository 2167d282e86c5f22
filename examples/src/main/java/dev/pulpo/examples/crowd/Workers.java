package dev.pulpo.examples.crowd;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * How many processes to work on at the same time: fewer where this one may open few files only.
 *
 * @param most at most, with those that have their worker wait
 */
public record Workers(int most) {
    private static final int MOST = 256;
    private static final int USUAL = 8;

    /** Open files that work on one process takes, at most, and what the JDK opens meanwhile. */
    private static final int FILES_PER_PROCESS = 16;

    /** One after the other. */
    public static final Workers ONE = new Workers(1);

    /** As many as this process can open files for. */
    public static Workers possible() {
        return new Workers(Math.clamp(openable() / FILES_PER_PROCESS, 1, MOST));
    }

    /** So many where each waits now and then. */
    public int usual() {
        return Math.min(USUAL, most);
    }

    /** So many where each needs a processor all the time. */
    public int processors() {
        return Math.min(Runtime.getRuntime().availableProcessors(), usual());
    }

    /** How many more files this process can open; one where not even that can be found out. */
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
