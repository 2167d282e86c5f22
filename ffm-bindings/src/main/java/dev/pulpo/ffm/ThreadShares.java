package dev.pulpo.ffm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * How long the threads of this process have run, and how long they have waited for a processor, between one look and the next
 * (proc(5), {@code schedstat} of a task). Not thread-safe.
 */
final class ThreadShares {
    private static final Path TASKS = Path.of("/proc/self/task");

    /** In nanoseconds, since the thread began. */
    private record Share(long running, long waiting) {}

    private Map<String, Share> last = Map.of();
    private long time = System.nanoTime();
    private long elapsed;
    private long running;
    private long waiting;

    /** Looks again. */
    void look() {
        Map<String, Share> now = new HashMap<>();
        long before = time;
        time = System.nanoTime();
        elapsed = time - before;
        running = 0;
        waiting = 0;
        for (String thread : threads()) {
            share(thread).ifPresent(share -> {
                Share earlier = last.getOrDefault(thread, new Share(0, 0));
                running += share.running - earlier.running;
                waiting += share.waiting - earlier.waiting;
                now.put(thread, share);
            });
        }
        last = now;
    }

    private static List<String> threads() {
        try (Stream<Path> tasks = Files.list(TASKS)) {
            return tasks.map(task -> task.getFileName().toString()).toList();
        } catch (IOException e) {
            // Without a list there is nothing to be told.
            return List.of();
        }
    }

    /** Of a thread that has not ended. */
    private static Optional<Share> share(String thread) {
        try {
            String[] words = Files.readString(TASKS.resolve(thread).resolve("schedstat")).split(" ", 3);
            return Optional.of(new Share(Long.parseLong(words[0]), Long.parseLong(words[1])));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /**
     * Whether some threads waited for a processor all the time, and they ran together for less than one that has a processor of
     * its own, and much less than they waited; not where nothing is told.
     */
    boolean areStarved() {
        return waiting > elapsed && running < elapsed * 3 / 4 && running < waiting / 2;
    }

    /** Whether there was hardly anything to do. */
    boolean areIdle() {
        return running < elapsed / 10 && waiting < elapsed / 10;
    }
}
