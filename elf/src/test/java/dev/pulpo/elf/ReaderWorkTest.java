package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Opening a file and looking a symbol up take no work for the symbols that nobody asks for: no objects are made of them.
 * How long both take, {@code examples/bin/benchmark-debug} prints. The largest library of the machine is asked.
 */
class ReaderWorkTest {
    /** For a file of any size: its headers are read, and its sections are listed when somebody asks for them. */
    private static final long BYTES_TO_OPEN = 16 << 10;
    /** A name's bytes, what is compared with them, and the symbol that is found. */
    private static final long BYTES_TO_LOOK_UP = 512;
    private static final int NAMES = 2000;
    /** What is made once for all look-ups of a file. */
    private static final int FIRST = 1;

    private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    @Test
    void openingAndLookingUpMakeNothingOfOtherSymbols() throws IOException {
        Path largest = MachineLibraries.all().stream().max(Comparator.comparingLong(ReaderWorkTest::symbols))
                .orElseThrow();
        // Classes are loaded.
        work(largest);
        Work work = work(largest);
        System.out.println(largest + ": " + work);
        assertThat(work.symbols()).isGreaterThan(NAMES);
        assertThat(work.opened()).as("bytes to open").isLessThan(BYTES_TO_OPEN);
        assertThat(work.found() / NAMES).as("bytes to look up").isLessThan(BYTES_TO_LOOK_UP);
        assertThat(work.missed() / NAMES).as("bytes to miss").isLessThan(BYTES_TO_LOOK_UP);
    }

    /**
     * The heap that was used.
     *
     * @param symbols how many the file has
     */
    private record Work(int symbols, long opened, long found, long missed) {}

    private Work work(Path library) throws IOException {
        long began = allocated();
        try (ElfFile file = ElfFile.open(library)) {
            long opened = allocated() - began;
            SymbolTable symbols = file.dynamicSymbols();
            List<String> names = symbols.stream().filter(ElfSymbol::isDefined).map(ElfSymbol::name).distinct()
                    .limit(NAMES + FIRST).toList();
            assertThat(names).hasSize(NAMES + FIRST);
            assertThat(symbols.find(names.getLast())).isPresent();
            int hits = 0;
            began = allocated();
            for (String name : names.subList(0, NAMES)) {
                hits += symbols.find(name).isPresent() ? 1 : 0;
            }
            long found = allocated() - began;
            assertThat(hits).isPositive();
            began = allocated();
            for (int i = 0; i < NAMES; i++) {
                hits -= symbols.find("pulpo_has_no_such_symbol_" + i).isPresent() ? NAMES : 0;
            }
            long missed = allocated() - began;
            assertThat(hits).isPositive();
            return new Work(symbols.size(), opened, found, missed);
        }
    }

    private long allocated() {
        return threads.getCurrentThreadAllocatedBytes();
    }

    private static long symbols(Path library) {
        try (ElfFile file = ElfFile.open(library)) {
            return file.dynamicSymbols().size();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
