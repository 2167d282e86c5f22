package dev.pulpo.examples.crowd;

import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** For how long a thread of this process has been on a processor since it began something. Thread-safe. */
final class ThreadTime {
    private volatile int tid;
    private volatile long then;

    /** To be called by the thread. */
    void begin() {
        then = 0;
        tid = Processes.currentThread();
        then = now();
    }

    Duration sinceBegin() {
        return Duration.ofNanos(Math.max(0, now() - then));
    }

    /** The first number is the time on a processor, in nanoseconds (Documentation/scheduler/sched-stats.rst). */
    private long now() {
        try {
            String figures = ProcFile.readRecord(Path.of("/proc/self/task/" + tid + "/schedstat"),
                    StandardCharsets.US_ASCII);
            return Long.parseLong(figures.substring(0, figures.indexOf(' ')));
        } catch (IOException withoutStatistics) {
            // Without CONFIG_SCHED_INFO there is only the time that the thread may take altogether.
            return 0;
        }
    }
}
