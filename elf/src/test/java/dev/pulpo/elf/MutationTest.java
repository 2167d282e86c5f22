package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real files with some bytes changed: nothing but {@link MalformedElfException} may come out, in bounded time and
 * memory. The changes are the same in every run.
 */
@Tag("slow")
class MutationTest {
    private static final int RUNS = Integer.getInteger("pulpo.mutations", 6000);
    private static final long MOST_BYTES = 96L << 20;
    /** Of the processor's time, which others do not lengthen. */
    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final long[] INTERESTING = {0, 1, -1, Long.MAX_VALUE, Long.MIN_VALUE, 0x7fffffff, 0xffffffffL,
            0xffff,
            0xfff1, 0x1000, 24, 64, -24, 1L << 40};

    @TempDir
    private Path directory;

    @Test
    void mutatedFilesAreReadOrRefused() throws IOException {
        List<byte[]> originals = new ArrayList<>();
        originals.add(Files.readAllBytes(Tools.sample(directory, "a.so", "-g", "-Wl,--hash-style=both",
                "-Wl,-z,pack-relative-relocs", "-Wl,--compress-debug-sections=zlib")));
        originals.add(Files.readAllBytes(Tools.sample(directory, "b.so", "-s", "-Wl,--hash-style=gnu")));
        originals.add(Files.readAllBytes(Tools.gcc(directory, "c.o", "sample.c", "-c", "-fPIC")));

        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random(20260801);
        Walker walker = new Walker();
        for (int run = 0; run < RUNS; run++) {
            byte[] mutated = mutate(originals.get(run % originals.size()), random);
            long allocated = threads.getCurrentThreadAllocatedBytes();
            long start = threads.getCurrentThreadCpuTime();
            try {
                walker.walkFile(mutated);
                walker.walkImage(mutated);
            } catch (RuntimeException | Error escaped) {
                Path kept = Files.write(Files.createTempFile("mutation-" + run + "-", ".so"), mutated);
                throw new AssertionError("run " + run + ", kept as " + kept, escaped);
            }
            assertThat(threads.getCurrentThreadCpuTime() - start).as("time of run %d", run)
                    .isLessThan(LONGEST.toNanos());
            assertThat(threads.getCurrentThreadAllocatedBytes() - allocated).as("heap of run %d", run)
                    .isLessThan(MOST_BYTES);
        }
        assertThat(walker.answers()).isGreaterThan(RUNS * 20);
        assertThat(walker.refusals()).isGreaterThan(RUNS / 10);
    }

    private static byte[] mutate(byte[] original, Random random) {
        byte[] bytes = random.nextInt(20) == 0
                ? Arrays.copyOf(original, random.nextInt(original.length))
                : original.clone();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int changes = 1 + random.nextInt(8);
        for (int i = 0; i < changes && bytes.length > 8; i++) {
            int at = place(buffer, random);
            switch (random.nextInt(4)) {
                case 0 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
                case 1 -> bytes[at] = (byte) random.nextInt();
                case 2 -> buffer.putInt(at & ~3, (int) interesting(random, bytes.length));
                default -> buffer.putLong(at & ~7, interesting(random, bytes.length));
            }
        }
        return bytes;
    }

    /** Most changes go to where the structure is: the headers, and the tables that are at the beginning of the file. */
    private static int place(ByteBuffer buffer, Random random) {
        int last = buffer.capacity() - 8;
        long sections = buffer.capacity() > 64 ? buffer.getLong(40) : 0;
        return switch (random.nextInt(4)) {
            case 0 -> random.nextInt(last);
            case 1 -> random.nextInt(Math.min(last, 64 + 12 * 56));
            case 2 -> random.nextInt(Math.min(last, 0x800));
            default -> sections <= 0 || sections >= last
                    ? random.nextInt(last)
                    : (int) sections + random.nextInt(last - (int) sections);
        };
    }

    private static long interesting(Random random, int size) {
        return random.nextInt(3) == 0 ? random.nextInt(size + 16) : INTERESTING[random.nextInt(INTERESTING.length)];
    }
}
