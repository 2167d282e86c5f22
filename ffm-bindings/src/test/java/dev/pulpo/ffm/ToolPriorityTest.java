package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The nice values of this JVM's threads, as the kernel tells them. */
@SuppressWarnings("try") // sections are there to be closed
class ToolPriorityTest {
    /** Field 19 of proc_pid_stat(5), counted from the state, which is field 3. */
    private static final int NICE = 19 - 3;
    private static final int LOW = 19;
    private static final int HIGHEST = -20;
    private static final long LOOK_MILLIS = 10;

    @Test
    void allThreadsAreLowExceptInSections() throws IOException, InterruptedException {
        int ordinary = nice(Processes.currentThread());
        Thread keeper = new Thread(() -> ToolPriority.keepLow(TimeUnit.HOURS.toNanos(1)));
        keeper.start();
        try {
            while (keeper.getState() != Thread.State.TIMED_WAITING && keeper.isAlive()) {
                Thread.onSpinWait();
            }
            if (!keeper.isAlive()) {
                assertThat(values()).as("without permission nothing is changed").containsOnly(ordinary);
                return;
            }
            assertThat(nice(Processes.currentThread())).isEqualTo(LOW);
            assertThat(values()).as("one thread can restore the others'").containsOnly(ordinary, LOW);
            try (ToolPriority.Section outer = ToolPriority.ordinary()) {
                assertThat(values()).containsOnly(ordinary);
                try (ToolPriority.Section inner = ToolPriority.ordinary()) {
                    assertThat(values()).containsOnly(ordinary);
                }
                assertThat(values()).as("a section of another thread lasts").containsOnly(ordinary);
            }
            assertThat(nice(Processes.currentThread())).isEqualTo(LOW);
        } finally {
            keeper.interrupt();
            keeper.join();
        }
        assertThat(values()).containsOnly(ordinary);
    }

    /** As many other programs as leave this one a tenth of the processors. */
    @Test
    @Timeout(60)
    void aStarvedProgramIsRaised() throws IOException, InterruptedException {
        assumeTrue(Files.isReadable(Path.of("/proc/self/schedstat")), "the kernel does not tell how long threads wait");
        int ordinary = nice(Processes.currentThread());
        assumeTrue(ordinary <= 0, "whoever runs this wants it to have a low priority");
        Thread keeper = new Thread(() -> ToolPriority.raiseWhileStarved(TimeUnit.HOURS.toNanos(1)));
        AtomicBoolean done = new AtomicBoolean();
        // Together they wait all the time.
        List<Thread> busy = Stream.generate(() -> new Thread(() -> {
            while (!done.get()) {
                Thread.onSpinWait();
            }
        })).limit(4).toList();
        List<Process> others = new ArrayList<>();
        try {
            for (int i = 0; i < 10 * Runtime.getRuntime().availableProcessors(); i++) {
                others.add(new ProcessBuilder("sh", "-c", "while :; do :; done").start());
            }
            busy.forEach(Thread::start);
            keeper.start();
            while (keeper.isAlive() && nice(Processes.currentThread()) != HIGHEST) {
                Thread.sleep(LOOK_MILLIS);
            }
            if (!keeper.isAlive()) {
                assertThat(values()).as("without permission nothing is changed").containsOnly(ordinary);
                return;
            }
            assertThat(values()).contains(HIGHEST);
            others.forEach(Process::destroyForcibly);
            done.set(true);
            while (nice(Processes.currentThread()) != ordinary) {
                Thread.sleep(LOOK_MILLIS);
            }
            assertThat(values()).as("the thread that looks keeps it").containsOnly(ordinary, HIGHEST);
        } finally {
            others.forEach(Process::destroyForcibly);
            done.set(true);
            keeper.interrupt();
            keeper.join();
        }
    }

    @Test
    void nothingIsChangedUnlessAsked() throws IOException {
        Set<Integer> before = values();
        try (ToolPriority.Section section = ToolPriority.ordinary()) {
            assertThat(values()).isEqualTo(before);
        }
        assertThat(values()).isEqualTo(before);
    }

    private static Set<Integer> values() throws IOException {
        Set<Integer> values = new TreeSet<>();
        for (int tid : TaskList.of(Math.toIntExact(ProcessHandle.current().pid()))) {
            try {
                values.add(nice(tid));
            } catch (IOException e) {
                // Threads of the JVM's compiler come and go.
                if (Files.exists(Path.of("/proc/self/task/" + tid))) {
                    throw e;
                }
            }
        }
        return values;
    }

    private static int nice(int tid) throws IOException {
        String stat = Files.readString(Path.of("/proc/self/task/" + tid + "/stat"));
        return Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[NICE]);
    }
}
