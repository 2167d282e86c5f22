package dev.pulpo.elf.cfi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MachineLibraries;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Section;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real {@code .eh_frame} with some bytes changed, the same in every run: it is read or refused, and can be walked with. */
@Tag("slow")
class CfiMutationTest {
    private static final int RUNS = 4000;

    @Test
    void mutatedSectionsAreReadOrRefused() throws IOException {
        Path library = MachineLibraries.all().stream().filter(path -> path.toString().contains("/libgcc_s.so"))
                .findFirst().orElseThrow();
        byte[] original;
        LinkAddress address;
        try (ElfFile file = ElfFile.open(library)) {
            Section section = file.section(".eh_frame").orElseThrow();
            original = file.data(section).bytes(section.size()).toArray(ValueLayout.JAVA_BYTE);
            address = section.address();
        }
        Random random = new Random(20261123);
        int refused = 0;
        int defective = 0;
        long steps = 0;
        for (int run = 0; run < RUNS; run++) {
            byte[] bytes = random.nextInt(4) == 0
                    ? Arrays.copyOf(original, 2000 + random.nextInt(original.length - 2000))
                    : original.clone();
            for (int i = random.nextInt(40); i >= 0; i--) {
                bytes[random.nextInt(bytes.length)] = (byte) (random.nextBoolean() ? random.nextInt() : 0xff);
            }
            try {
                CfiTable table = CfiTable.of(CfiSection
                        .ehFrame(ByteCursor.of(ByteSource.of(bytes), "mutated", 0, bytes.length), address));
                defective += table.defects().isEmpty() ? 0 : 1;
                steps += walk(table, random);
            } catch (MalformedElfException malformed) {
                refused++;
            }
        }
        assertThat(refused).isGreaterThan(RUNS / 20);
        assertThat(defective).isGreaterThan(RUNS / 20);
        assertThat(steps).isGreaterThan(RUNS);
    }

    private static long walk(CfiTable table, Random random) {
        StackMemory memory = (address, size, into, index) -> {
            into[index] = random.nextInt(4) == 0 ? random.nextLong() : table.rowStart(pick(table, random)).value() + 1;
            return random.nextInt(50) != 0;
        };
        Unwinder unwinder = new Unwinder(CfiMap.of(List.of(new LoadedCfi(table, 0, 0, -1))), memory);
        long steps = 0;
        for (int i = 0; i < 20 && table.rowCount() > 0; i++) {
            long[] registers = random.longs(DwarfRegisters.COUNT).toArray();
            registers[DwarfRegisters.RIP] = table.rowStart(pick(table, random)).value();
            unwinder.start(registers);
            for (int depth = 0; depth < 50 && unwinder.step() == Step.CALLER; depth++) {
                steps++;
            }
        }
        return steps;
    }

    private static int pick(CfiTable table, Random random) {
        return random.nextInt(table.rowCount());
    }
}
