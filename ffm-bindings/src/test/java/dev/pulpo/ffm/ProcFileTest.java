package dev.pulpo.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcFileTest {
    @Test
    void filesOfAnyLengthAreReadWhole(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("long");
        String text = "0123456789abcde\n".repeat(10_000);
        Files.writeString(file, text);

        assertThat(ProcFile.read(file, StandardCharsets.UTF_8)).isEqualTo(text);
        assertThat(ProcFile.read(Path.of("/proc/self/stat"), StandardCharsets.ISO_8859_1))
                .startsWith(ProcessHandle.current().pid() + " (");
    }

    @Test
    void whatEndsEarlyIsWholeAllTheSame(@TempDir Path directory) throws Exception {
        try (LaunchedProcess child = new Launcher("cat").start()) {
            Path process = Path.of("/proc/" + child.pid());
            awaitRead(process);
            for (String record : new String[]{"status", "stat", "comm", "syscall"}) {
                Path file = process.resolve(record);
                assertThat(ProcFile.readRecord(file, StandardCharsets.ISO_8859_1))
                        .endsWith("\n").hasSize(ProcFile.read(file, StandardCharsets.ISO_8859_1).length());
            }
        }
        // More than there is room for at once, and a process with more mappings than fit into a page of the kernel's.
        Path file = directory.resolve("long");
        String text = "0123456789abcde\n".repeat(1024) + "behind";
        Files.writeString(file, text);
        assertThat(ProcFile.readRecord(file, StandardCharsets.UTF_8)).isEqualTo(text);
        Path maps = Path.of("/proc/self/maps");
        assertThat(readMaps(maps).lines().map(ProcFileTest::lastAddress).toList())
                .contains(lastAddress(ProcFile.read(maps, StandardCharsets.UTF_8).lines().toList().getLast()));
    }

    /** Waits for the child to sleep in read(2), system call 0: a child that still starts has another state at each look. */
    private static void awaitRead(Path process) throws IOException {
        long end = System.nanoTime() + 10_000_000_000L;
        while (!ProcFile.read(process.resolve("syscall"), StandardCharsets.ISO_8859_1).startsWith("0 0x0 ")) {
            assertThat(System.nanoTime()).as("%s reads its standard input within 10 s", process).isLessThan(end);
            Thread.onSpinWait();
        }
    }

    private static String lastAddress(String mapping) {
        return mapping.substring(mapping.indexOf('-') + 1, mapping.indexOf(' '));
    }

    @Test
    void onlyALineOfTheTopOfTheAddressSpaceEndsAMap(@TempDir Path directory) throws Exception {
        Path maps = directory.resolve("maps");
        String line = "7f0000000000-7f0000001000 r-xp 00000000 00:00 1 /ffffffffff600000-ffffffffff601000 [vsyscall]\n";
        String text = line.repeat(200);
        Files.writeString(maps, text);
        assertThat(readMaps(maps)).isEqualTo(text);
    }

    private static String readMaps(Path maps) throws IOException {
        StringBuilder text = new StringBuilder();
        ProcFile.readMaps(maps, Long.MAX_VALUE, (bytes, from, to) -> {
            text.append(new String(bytes, from, to - from, StandardCharsets.UTF_8)).append('\n');
            return true;
        });
        return text.toString();
    }

    @Test
    void linesOfAnyLengthAreTakenOneByOneUntilNoMoreAreWanted(@TempDir Path directory) throws Exception {
        Path maps = directory.resolve("maps");
        String line = "7f0000000000-7f0000001000 r-xp 00000000 00:00 1 /" + "x".repeat(50_000) + "\n";
        Files.writeString(maps, line.repeat(3) + "behind");
        assertThat(readMaps(maps)).isEqualTo(line.repeat(3) + "behind\n");
        AtomicInteger taken = new AtomicInteger();
        ProcFile.readMaps(maps, Long.MAX_VALUE, (bytes, from, to) -> taken.incrementAndGet() < 2);
        assertThat(taken).hasValue(2);
        assertThatThrownBy(() -> ProcFile.readMaps(maps, 100_000, (bytes, from, to) -> true))
                .isInstanceOf(ProcFile.TooLongException.class).hasMessageContaining("longer than 100000 bytes");
    }

    /** Twice as much takes four times as long where all that was read is copied with each piece. */
    @Test
    void longFilesTakeTimeInProportion(@TempDir Path directory) throws Exception {
        Path file = directory.resolve("long");
        Files.write(file, new byte[16 * 1024 * 1024]);
        long began = processorNanos();
        assertThat(ProcFile.read(file, StandardCharsets.ISO_8859_1)).hasSize(16 * 1024 * 1024);
        // A thousand pieces; copied each time those would be 8 GiB.
        assertThat(processorNanos() - began).isLessThan(1_000_000_000L);
        Files.write(file, new byte[1], StandardOpenOption.APPEND);
        assertThatThrownBy(() -> ProcFile.read(file, StandardCharsets.ISO_8859_1))
                .isInstanceOf(ProcFile.TooLongException.class);
    }

    /** What this thread has had of a processor: others make it wait, but not longer. */
    private static long processorNanos() throws Exception {
        return Long.parseLong(Files.readString(Path.of("/proc/thread-self/schedstat")).split(" ", -1)[0]);
    }

    @Test
    void aProcessThatDoesNotExistIsAMissingFile() throws Exception {
        LaunchedProcess child = new Launcher("true").start();
        child.waitFor();
        child.close();

        assertThatThrownBy(() -> ProcFile.read(Path.of("/proc/" + child.pid() + "/stat"), StandardCharsets.US_ASCII))
                .isInstanceOf(NoSuchFileException.class).hasMessageContaining("/proc/" + child.pid());
    }

    @Test
    void threadsAreCountedAsTheyAreListed() {
        try (LaunchedProcess child = new Launcher("cat").start();
                Arena arena = Arena.ofConfined();
                TaskList list = new TaskList(child.pid(), arena)) {
            assertThat(list.threadCount()).isEqualTo(1);
            assertThat(TaskList.of(child.pid())).containsExactly(child.pid());
        }
    }
}
