package dev.pulpo.elf.zstd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.Needed;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.DataFormatException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Decompresses what the zstd command has compressed. */
@Tag("slow")
class ZstdTest {
    @TempDir
    private Path directory;

    /** Of every kind that makes the compressor choose another kind of block or table. */
    private static Map<String, byte[]> samples() throws IOException {
        Map<String, byte[]> samples = new LinkedHashMap<>();
        Random random = new Random(8878);
        samples.put("empty", new byte[0]);
        samples.put("one", new byte[]{42});
        samples.put("zeros", new byte[300_000]);
        byte[] noise = new byte[200_000];
        random.nextBytes(noise);
        samples.put("noise", noise);
        byte[] few = new byte[150_000];
        for (int i = 0; i < few.length; i++) {
            few[i] = (byte) Math.min(9, -Math.log(random.nextDouble()) * 2);
        }
        samples.put("few symbols", few);
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 40_000; i++) {
            text.append("line ").append(random.nextInt(500)).append(i % 7 == 0 ? " of the table\n" : ": value\n");
        }
        samples.put("text", text.toString().getBytes(StandardCharsets.UTF_8));
        samples.put("program", Files.readAllBytes(Path.of("/proc/self/exe")));
        for (int size = 2; size < 600; size += 37) {
            samples.put("short " + size,
                    java.util.Arrays.copyOf(java.util.Objects.requireNonNull(samples.get("text")), size));
        }
        return samples;
    }

    private byte[] compress(byte[] original, String... options) throws IOException, InterruptedException {
        Path file = Files.write(directory.resolve("sample"), original);
        Path packed = directory.resolve("sample.zst");
        List<String> command = new ArrayList<>(List.of("zstd", "-q", "-f", file.toString(), "-o", packed.toString()));
        command.addAll(List.of(options));
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
        return Files.readAllBytes(packed);
    }

    @Test
    void everyLevelComesOutAsItWentIn() throws Exception {
        Needed.commands("zstd");
        List<String[]> settings = List.of(new String[]{"-1"}, new String[]{"-3", "--no-check"}, new String[]{"-9"},
                new String[]{"-19", "--long=27"}, new String[]{"--fast=5"});
        for (Map.Entry<String, byte[]> sample : samples().entrySet()) {
            for (String[] options : settings) {
                byte[] packed = compress(sample.getValue(), options);
                assertThat(Zstd.decompress(MemorySegment.ofArray(packed), sample.getValue().length))
                        .as(sample.getKey() + " " + String.join(" ", options)).isEqualTo(sample.getValue());
            }
        }
    }

    @Test
    void otherSizesAndDamageAreRefused() throws Exception {
        Needed.commands("zstd");
        byte[] original = java.util.Objects.requireNonNull(samples().get("text"));
        byte[] packed = compress(original, "-5");
        assertThatThrownBy(() -> Zstd.decompress(MemorySegment.ofArray(packed), original.length - 1))
                .isInstanceOf(DataFormatException.class);
        assertThatThrownBy(() -> Zstd.decompress(MemorySegment.ofArray(packed), original.length + 1))
                .isInstanceOf(DataFormatException.class);
        Random random = new Random(1);
        int refused = 0;
        for (int run = 0; run < 400; run++) {
            byte[] damaged = packed.clone();
            for (int i = random.nextInt(3); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt();
            }
            try {
                assertThat(Zstd.decompress(MemorySegment.ofArray(damaged), original.length)).hasSize(original.length);
            } catch (DataFormatException expected) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(200);
    }
}
