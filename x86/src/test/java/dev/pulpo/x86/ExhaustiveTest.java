package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every opcode of every map, under the prefixes and with the ModRM bytes that matter, decoded by Zydis as well. */
@Tag("slow")
class ExhaustiveTest {
    private static final int REPORTED = 30;

    @TempDir
    private Path directory;

    private final Decoder decoder = new Decoder();
    private final Map<ZydisDisagreement, Long> known = new EnumMap<>(ZydisDisagreement.class);
    private final List<String> unexplained = new ArrayList<>();
    private long records;
    private long agreed;
    private long capstone;

    @Test
    void legacyEncodings() throws Exception {
        compare(Encodings::legacy);
        assertThat(agreed).isGreaterThan(1_500_000);
    }

    @Test
    void vexAndXopEncodings() throws Exception {
        compare(Encodings::vex);
        assertThat(agreed).isGreaterThan(100_000);
    }

    @Test
    void evexEncodings() throws Exception {
        compare(Encodings::evex);
        assertThat(agreed).isGreaterThan(400_000);
    }

    private void compare(Consumer<Consumer<byte[]>> generator) throws Exception {
        Needed.nothingMissing(Oracles.missing());
        new Oracles(directory).ask(generator, this::compare);
        System.out
                .println(records + " encodings, instructions to both: " + agreed + " (Capstone says the same length of "
                        + capstone + "), explained: " + known);
        assertThat(unexplained).isEmpty();
    }

    private void compare(byte[] record, byte[] answer) {
        records++;
        int length = decoder.decode(record, 0, record.length);
        String difference = difference(length, answer);
        if (length != 0 && answer[0] == length) {
            agreed++;
            capstone += answer[9] == length ? 1 : 0;
        }
        if (difference == null) {
            return;
        }
        ZydisDisagreement reason = ZydisDisagreement.of(decoder, record, answer[0]);
        if (reason != null) {
            known.merge(reason, 1L, Long::sum);
        } else if (unexplained.size() < REPORTED) {
            unexplained
                    .add(CodeBytes.at(new CodeAddress(0), record) + " (Zydis " + answer[0] + ", Capstone " + answer[9]
                            + ")  " + difference);
        }
    }

    private @Nullable String difference(int length, byte[] answer) {
        if (length != answer[0]) {
            return "length " + length;
        }
        if (length == 0) {
            return null;
        }
        if (decoder.flow().number() != answer[1]) {
            return "flow " + decoder.flow();
        }
        if (decoder.isRipRelative() != (answer[2] != 0)) {
            return "RIP-relative " + decoder.isRipRelative();
        }
        if (decoder.displacementSize() != answer[4]
                || (answer[4] != 0 && decoder.displacementOffset() != answer[3])) {
            return "displacement at " + decoder.displacementOffset() + " of " + decoder.displacementSize();
        }
        if (decoder.immediateSize() != answer[6] || (answer[6] != 0 && decoder.immediateOffset() != answer[5])) {
            return "immediate at " + decoder.immediateOffset() + " of " + decoder.immediateSize();
        }
        if (decoder.readsFlags() != ((answer[7] & 1) != 0) || decoder.writesFlags() != ((answer[7] & 2) != 0)) {
            return "flags read " + decoder.readsFlags() + ", written " + decoder.writesFlags();
        }
        return answer[8] != 0 && !decoder.mayUseStackPointer() ? "rsp" : null;
    }
}
