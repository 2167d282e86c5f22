package dev.pulpo.x86;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * How fast the decoder goes over the code of a library, in bytes per microsecond, which is megabytes per second. Run as a
 * program it also times {@code objdump -d} on the same bytes; with {@code --quick}, fewer times.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DecodeBenchmark {
    private static final Path LIBRARY = Path
            .of(System.getProperty("library", "/usr/lib/x86_64-linux-gnu/libcrypto.so.3"));
    private static final int SHF_EXECINSTR = 4;
    private static final int SHT_PROGBITS = 1;

    private final Decoder decoder = new Decoder();
    private byte[] text = new byte[0];

    /** Made by JMH. */
    public DecodeBenchmark() {}

    @Setup
    public void read() throws IOException {
        text = text();
    }

    /** Reads every instruction, and what relocation asks of it. */
    @Benchmark
    public long decode() {
        long sum = 0;
        for (int at = 0; at < text.length;) {
            int length = decoder.decode(text, at, text.length);
            if (length == 0) {
                at++;
            } else {
                sum += decoder.flow().isDirect() ? decoder.branchDisplacement() : length;
                at += length;
            }
        }
        return sum;
    }

    /** The largest section of code (gABI, section headers). */
    static byte[] text() throws IOException {
        byte[] file = Files.readAllBytes(LIBRARY);
        ByteBuffer elf = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
        long sections = elf.getLong(0x28);
        int count = elf.getShort(0x3c);
        byte[] largest = new byte[0];
        for (int i = 0; i < count; i++) {
            int header = (int) sections + i * 64;
            boolean code = elf.getInt(header + 4) == SHT_PROGBITS && (elf.getLong(header + 8) & SHF_EXECINSTR) != 0;
            int offset = (int) elf.getLong(header + 0x18);
            int size = (int) elf.getLong(header + 0x20);
            if (code && size > largest.length) {
                largest = Arrays.copyOfRange(file, offset, offset + size);
            }
        }
        return largest;
    }

    public static void main(String[] arguments) throws Exception {
        boolean quick = List.of(arguments).contains("--quick");
        double size = text().length / 1e6;
        double[] seconds = new double[quick ? 1 : 5];
        for (int i = 0; i < seconds.length; i++) {
            long began = System.nanoTime();
            Process objdump = new ProcessBuilder("objdump", "-d", "-j", ".text", LIBRARY.toString())
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            if (objdump.waitFor() != 0) {
                throw new IllegalStateException("objdump ended with " + objdump.exitValue());
            }
            seconds[i] = (System.nanoTime() - began) / 1e9;
        }
        Arrays.sort(seconds);
        ChainedOptionsBuilder options = new OptionsBuilder().include(DecodeBenchmark.class.getName());
        if (quick) {
            options.forks(1).warmupIterations(2).measurementIterations(2);
        }
        double perSecond = new Runner(options.build()).run()
                .iterator().next().getPrimaryResult().getScore();
        System.out.printf("%s, .text of %.2f MB: decoder %.0f MB/s on average, %.0f MB/s at best; objdump -d %.1f MB/s "
                + "at best%n", LIBRARY, size, perSecond * size, size / bestPass(quick ? 50 : 500), size / seconds[0]);
    }

    /** The least time of one pass in seconds: what other programs on the machine take away is not in it. */
    private static double bestPass(int passes) throws IOException {
        DecodeBenchmark benchmark = new DecodeBenchmark();
        benchmark.read();
        long best = Long.MAX_VALUE;
        long sum = benchmark.decode();
        for (int i = 0; i < passes; i++) {
            long began = System.nanoTime();
            if (benchmark.decode() != sum) {
                throw new IllegalStateException("two passes differ");
            }
            best = Math.min(best, System.nanoTime() - began);
        }
        return best / 1e9;
    }
}
