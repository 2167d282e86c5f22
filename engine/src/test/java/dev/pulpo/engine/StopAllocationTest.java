package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.OutputStream;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import jdk.jfr.Recording;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Between the first interrupt and the last release a warm tool allocates nothing, so that it cannot run out of memory there. */
class StopAllocationTest {
    /** So many stops in a row; what the JVM's compiler has not got at yet allocates 40 bytes for each native call. */
    private static final int CLEAN = 8;
    private static final int MOST_ROUNDS = 500;

    @TempDir
    static Path directory;

    /** Counts what the tracer thread allocates from one call to another, without allocating anything itself. */
    private static final class Meter {
        private final Object bean;
        private final Method allocated;
        private long before;
        private long overhead;
        private long found = -1;

        Meter() throws ReflectiveOperationException {
            // java.management is not among the modules that the tests are compiled with.
            bean = Class.forName("java.lang.management.ManagementFactory").getMethod("getThreadMXBean").invoke(null);
            allocated = Class.forName("com.sun.management.ThreadMXBean").getMethod("getCurrentThreadAllocatedBytes");
            for (int i = 0; i < 1000; i++) {
                read();
            }
        }

        void begin() {
            long first = read();
            before = read();
            // The answer is boxed; that much each look costs.
            overhead = before - first;
        }

        void end() {
            found = read() - before - overhead;
        }

        private long read() {
            try {
                return ((Long) allocated.invoke(bean)).longValue();
            } catch (ReflectiveOperationException e) {
                throw new LinkageError("this JVM does not count what threads allocate", e);
            }
        }
    }

    @Test
    void warmStopAllocatesNothing() throws Exception {
        stopsAllocateNothing(OperationListener.NONE);
    }

    /** Room for the list of all processes is made before the stop. */
    @Test
    @SuppressWarnings("try") // the resource is there to be closed
    void processesOfTheMachineDoNotCount() throws Exception {
        // Each ends with its input.
        Process crowd = new ProcessBuilder("sh", "-c",
                "exec 3<&0; for i in $(seq 300); do cat <&3 >/dev/null & done; echo ready; wait").start();
        try (OutputStream input = crowd.getOutputStream()) {
            assertThat(crowd.inputReader(StandardCharsets.US_ASCII).readLine()).isEqualTo("ready");
            stopsAllocateNothing(OperationListener.NONE);
        } finally {
            crowd.waitFor();
        }
    }

    /** The events of stops are made before and committed after. */
    @Test
    void warmStopAllocatesNothingWhileItIsRecorded() throws Exception {
        TimelineRecorder recorder = new TimelineRecorder();
        try (Recording recording = new Recording()) {
            recording.start();
            stopsAllocateNothing(recorder);
        }
        assertThat(recorder.timelines()).isNotEmpty();
    }

    @SuppressWarnings("try") // the resource is there to be closed
    private static void stopsAllocateNothing(OperationListener listener) throws Exception {
        Victims victims = new Victims(directory);
        LivePatch patch = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
        Meter meter = new Meter();
        try (RunningServer server = RunningServer.preloaded(victims.server(), "8", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid());
                Watch watch = Watch.ofStops(server.pid(), meter::begin, meter::end)) {
            process.listen(listener);
            int clean = 0;
            int rounds = 0;
            while (clean < CLEAN) {
                assertThat(rounds++).as("rounds, of which the last stop allocated %d bytes", meter.found)
                        .isLessThan(MOST_ROUNDS);
                process.apply(patch);
                clean = meter.found == 0 ? clean + 1 : 0;
                process.revert(patch.id());
                clean = meter.found == 0 ? clean + 1 : 0;
            }
            System.out.println("nothing was allocated in " + CLEAN + " stops one after the other, after " + rounds
                    + " rounds");
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }
}
