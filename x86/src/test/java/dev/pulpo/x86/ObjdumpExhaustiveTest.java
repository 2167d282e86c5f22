package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedOutputStream;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A regular sample of all encodings, read by objdump and Zydis: where the decoder differs from one of them, the other
 * agrees with it, but for what {@link #UNCHECKED} lists. objdump accepts much that no processor does, Zydis 4.0 does not know the newest.
 */
@Tag("slow")
class ObjdumpExhaustiveTest {
    /** A record and as many nops, so that whatever it turns out to be, the next one begins at a multiple of this. */
    private static final int SLOT = 2 * Encodings.RECORD;
    private static final int REPORTED = 30;
    /** What the decoder takes for instructions, alone, because it does not look that closely. */
    private static final Set<ZydisDisagreement> UNCHECKED = Set.of(ZydisDisagreement.EVEX_BITS,
            ZydisDisagreement.NO_SUCH_MASK_REGISTER, ZydisDisagreement.SAME_REGISTER, ZydisDisagreement.MPX,
            ZydisDisagreement.NEWER_THAN_ALL,
            ZydisDisagreement.APX);

    @TempDir
    private Path directory;

    private final Decoder decoder = new Decoder();

    @Test
    void legacy() throws Exception {
        assertThat(agreed(Encodings::legacy, 37)).isGreaterThan(60_000);
    }

    @Test
    void vexAndXop() throws Exception {
        assertThat(agreed(Encodings::vex, 31)).isGreaterThan(50_000);
    }

    @Test
    void evex() throws Exception {
        assertThat(agreed(Encodings::evex, 211)).isGreaterThan(50_000);
    }

    /** How many of the sample all three read in the same way. */
    private int agreed(Consumer<Consumer<byte[]>> generator, int step) throws Exception {
        Needed.nothingMissing(Oracles.missing());
        List<byte[]> records = new ArrayList<>();
        ByteArrayOutputStream zydis = new ByteArrayOutputStream();
        int[] count = {0};
        new Oracles(directory).ask(generator, (record, answer) -> {
            if (count[0]++ % step == 0) {
                records.add(record.clone());
                zydis.write(answer[0]);
            }
        });
        Map<Integer, Integer> objdump = objdump(records);
        byte[] zydisLengths = zydis.toByteArray();
        List<String> alone = new ArrayList<>();
        int agreed = 0;
        int objdumpAlone = 0;
        for (int i = 0; i < records.size(); i++) {
            byte[] record = records.get(i);
            int length = decoder.decode(record, 0, record.length);
            int printed = objdump.getOrDefault(i, 0);
            ZydisDisagreement reason = ZydisDisagreement.of(decoder, record, zydisLengths[i]);
            if (printed == length && zydisLengths[i] == length) {
                agreed++;
            } else if (zydisLengths[i] == length) {
                objdumpAlone++;
            } else if (printed != length && (reason == null || !UNCHECKED.contains(reason))
                    && alone.size() < REPORTED) {
                alone.add(CodeBytes.at(new CodeAddress(0), record) + " decoder " + length + ", objdump " + printed
                        + ", Zydis " + zydisLengths[i]);
            }
        }
        System.out.println(
                records.size() + " encodings, read alike by all: " + agreed + ", objdump alone: " + objdumpAlone);
        assertThat(alone).isEmpty();
        return agreed;
    }

    /** The length of each record's instruction, without those that are bad. */
    private Map<Integer, Integer> objdump(List<byte[]> records) throws Exception {
        Path raw = directory.resolve("raw");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(raw))) {
            for (byte[] record : records) {
                out.write(record);
                out.write(CodeBytes.at(new CodeAddress(0), "90".repeat(Encodings.RECORD)).toByteArray());
            }
        }
        Map<Integer, Integer> lengths = new HashMap<>();
        Process process = new ProcessBuilder("objdump", "-D", "-z", "-w", "-b", "binary", "-mi386:x86-64", "-Mintel64",
                "--no-show-raw-insn", raw.toString()).redirectErrorStream(true).start();
        try (BufferedReader reader = process.inputReader(StandardCharsets.ISO_8859_1)) {
            long begin = -1;
            long open = -1;
            String text;
            while ((text = reader.readLine()) != null) {
                ObjdumpLine line = ObjdumpLine.parse(text);
                if (line == null) {
                    continue;
                }
                if (begin >= 0) {
                    lengths.put((int) (begin / SLOT), (int) (line.address() - begin));
                    begin = -1;
                }
                // Prefixes that are printed alone belong to what follows.
                boolean starts = line.address() % SLOT == 0;
                if (starts || open >= 0) {
                    long first = starts ? line.address() : open;
                    open = line.isPrefixOnly() ? first : -1;
                    begin = line.isPrefixOnly() || line.isBad() ? -1 : first;
                }
            }
        }
        return lengths;
    }
}
