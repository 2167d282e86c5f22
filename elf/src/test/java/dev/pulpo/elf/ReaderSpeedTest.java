package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The goals for a library of 30 MB with 70,000 symbols: opened within a millisecond, a symbol looked up within 5 µs,
 * both warm. Medians, so that a busy machine does not matter; the largest library there is stands in for the one of the
 * goal.
 */
class ReaderSpeedTest {
    private static final int ROUNDS = 300;

    @Test
    void openingAndLookingUpAreFast() throws IOException {
        Path largest = MachineLibraries.all().stream().max((a, b) -> Long.compare(symbols(a), symbols(b)))
                .orElseThrow();
        List<String> names;
        int count;
        try (ElfFile file = ElfFile.open(largest)) {
            count = file.dynamicSymbols().size();
            names = file.dynamicSymbols().stream().filter(ElfSymbol::isDefined).map(ElfSymbol::name).distinct()
                    .limit(2000).toList();
        }
        long[] opening = new long[ROUNDS];
        long[] first = new long[ROUNDS];
        long[] found = new long[ROUNDS];
        long[] missed = new long[ROUNDS];
        int hits = 0;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime();
            try (ElfFile file = ElfFile.open(largest)) {
                long opened = System.nanoTime();
                Optional<ElfSymbol> symbol = file.dynamicSymbols().find(names.get(round % names.size()));
                first[round] = System.nanoTime() - opened;
                opening[round] = opened - start;
                long hit = System.nanoTime();
                for (String name : names) {
                    hits += file.dynamicSymbols().find(name).isPresent() ? 1 : 0;
                }
                found[round] = (System.nanoTime() - hit) / names.size();
                long miss = System.nanoTime();
                for (int i = 0; i < names.size(); i++) {
                    hits += file.dynamicSymbols().find("pulpo_has_no_such_symbol_" + i).isPresent() ? 1 : 0;
                }
                missed[round] = (System.nanoTime() - miss) / names.size();
                assertThat(symbol).isPresent();
            }
        }
        assertThat(hits).isPositive();
        System.out.printf(
                "%s: %d bytes, %d dynamic symbols: open %d ns, first lookup %d ns, lookup %d ns, missed %d ns%n",
                largest, Files.size(largest), count, median(opening), median(first), median(found), median(missed));
        assertThat(median(opening)).as("ns to open").isLessThan(1_000_000);
        assertThat(median(found)).as("ns to look up").isLessThan(5_000);
        assertThat(median(missed)).as("ns to miss").isLessThan(5_000);
    }

    private static long symbols(Path library) {
        try (ElfFile file = ElfFile.open(library)) {
            return file.dynamicSymbols().size();
        } catch (IOException failure) {
            throw new java.io.UncheckedIOException(failure);
        }
    }

    private static long median(long[] times) {
        long[] sorted = times.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
