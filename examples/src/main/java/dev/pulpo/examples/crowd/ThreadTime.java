package dev.pulpo.examples.crowd;

import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.Processes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/** The CPU time of a thread of this process since it began a job. Thread-safe. */
final class ThreadTime {
    private volatile int tid;
    private volatile long then;

    /** The thread itself calls this. */
    void begin() {
        then = 0;
        tid = Processes.currentThread();
        then = now();
    }

    Duration sinceBegin() {
        return Duration.ofNanos(Math.max(0, now() - then));
    }

    /** The first number is the CPU time in nanoseconds (Documentation/scheduler/sched-stats.rst). */
    private long now() {
        try {
            String figures = ProcFile.readRecord(Path.of("/proc/self/task/" + tid + "/schedstat"),
                    StandardCharsets.US_ASCII);
            return Long.parseLong(figures.substring(0, figures.indexOf(' ')));
        } catch (IOException withoutStatistics) {
            // Without CONFIG_SCHED_INFO only elapsed time is limited.
            return 0;
        }
    }
}
