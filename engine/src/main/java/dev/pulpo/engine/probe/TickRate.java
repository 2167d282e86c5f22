package dev.pulpo.engine.probe;

import dev.pulpo.ffm.NativeCode;
import dev.pulpo.x86.ProbeCode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;

/**
 * How fast the time stamp counter runs, which is the same for all processes of a machine: measured against the clock between
 * the first use of this class and now.
 */
final class TickRate {
    private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
    /** What /proc/cpuinfo says of counters that run at one rate, in all sleep states, too (SDM volume 3, 18.17.1). */
    private static final List<String> STEADY = List.of("constant_tsc", "nonstop_tsc");
    /** How long is measured at least: then an error of a microsecond is one of 20 in a million. */
    private static final long SHORTEST = 50_000_000;

    private static final NativeCode COUNTER = new NativeCode(ProbeCode.timeStamp().toByteArray());
    private static final AtomicReference<Optional<Start>> START = new AtomicReference<>(Optional.empty());

    private final Start start;
    private final double nanos;

    private TickRate(Start start, double nanos) {
        this.start = start;
        this.nanos = nanos;
    }

    /** Clock and counter at one moment. */
    private record Start(Instant when, long nanos, long ticks) {
        static Start now() {
            return new Start(Instant.now(), System.nanoTime(), COUNTER.call());
        }
    }

    private static Start start() {
        return START.updateAndGet(known -> Optional.of(known.orElseGet(Start::now))).orElseThrow();
    }

    /** Why the counter is no clock on this machine; empty if it is one. Begins to measure. */
    static Optional<String> obstacle() {
        start();
        try (BufferedReader lines = Files.newBufferedReader(PROCESSORS)) {
            List<String> flags = lines.lines().filter(line -> line.startsWith("flags")).findFirst()
                    .map(line -> List.of(line.split("\\s+"))).orElse(List.of());
            return flags.containsAll(STEADY)
                    ? Optional.empty()
                    : Optional.of("the processor's time stamp counter does not run at a constant rate (" + PROCESSORS
                            + " does not have " + STEADY + ")");
        } catch (IOException unreadable) {
            return Optional.of("whether the processor's time stamp counter runs at a constant rate is not known: "
                    + unreadable);
        }
    }

    /** The rate, measured until now. */
    static TickRate now() {
        Start start = start();
        while (System.nanoTime() - start.nanos < SHORTEST) {
            LockSupport.parkNanos(SHORTEST);
        }
        long nanos = System.nanoTime();
        return new TickRate(start, (double) (nanos - start.nanos) / (COUNTER.call() - start.ticks));
    }

    /** So many ticks. */
    Duration duration(long ticks) {
        return Duration.ofNanos(Math.round(ticks * nanos));
    }

    /** When the counter had a value. */
    Instant when(long counter) {
        return start.when.plus(duration(counter - start.ticks));
    }
}
