package dev.pulpo.engine.reach;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryScanTest {
    /** Its leader ends when it is told to; another thread keeps the memory. */
    private static final String PROGRAM = """
            #include <pthread.h>
            #include <stdio.h>
            #include <unistd.h>
            static char there;
            static void *volatile kept = &there;
            static void *stay(void *unused) { for (;;) pause(); }
            int main(void)
            {
                pthread_t thread;
                pthread_create(&thread, NULL, stay, NULL);
                printf("%p\\n", kept);
                fflush(stdout);
                getchar();
                pthread_exit(NULL);
            }
            """;

    @Test
    void threadThatHasLeftIsReplacedByAnother(@TempDir Path directory) throws Exception {
        Path program = directory.resolve("leaver");
        Path source = Files.writeString(directory.resolve("leaver.c"), PROGRAM);
        assertThat(new ProcessBuilder("gcc", "-w", "-pthread", "-o", program.toString(), source.toString()).inheritIO()
                .start().waitFor()).isZero();
        Process process = new ProcessBuilder(program.toString()).start();
        int pid = (int) process.pid();
        try (TraceeMemory memory = TraceeMemory.open(pid, pid); Arena arena = Arena.ofConfined()) {
            long there = Long.decode(process.inputReader(StandardCharsets.US_ASCII).readLine());
            process.outputWriter(StandardCharsets.US_ASCII).append('\n').flush();
            long began = System.nanoTime();
            while (!Files.readString(Path.of("/proc/" + pid + "/status")).contains("State:\tZ")) {
                assertThat(System.nanoTime() - began).as("the leader ends").isLessThan(60_000_000_000L);
                Thread.onSpinWait();
            }
            try (MemoryScan scan = new MemoryScan(pid, pid, memory, arena)) {
                MappingTable map = new MappingTable(pid, pid, memory, arena);
                map.read();
                scan.look(map, CodeRanges.of(List.of()));
                PointerSearch search = new PointerSearch(List.of(new CodeRanges.Range(
                        new RemoteAddress(there), new RemoteAddress(there + 1), "there")));
                scan.search(search, PauseBudget.unlimited());
                assertThat(search.count()).isPositive();
                assertThat(search.value(0)).isEqualTo(there);
                assertThat(scan.unreadable()).isZero();
            }
        } finally {
            process.destroyForcibly().waitFor();
        }
    }
}
