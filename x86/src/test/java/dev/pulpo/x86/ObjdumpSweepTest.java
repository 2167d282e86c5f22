package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The part of {@link FullSweep} that there is time for in every build: well-known libraries, and a spread of others. */
class ObjdumpSweepTest {
    private static final Path LIBRARIES = Path.of("/usr/lib/x86_64-linux-gnu");
    private static final List<String> WELL_KNOWN = List.of("libc.so.6", "ld-linux-x86-64.so.2", "libm.so.6",
            "libcrypto.so", "libstdc++.so", "libpython3", "libgmp.so", "libzstd.so", "libgnutls.so");
    private static final int SPREAD = 24;
    private static final long PER_FILE = 2_000_000;

    @Tag("slow")
    @Test
    @Timeout(240)
    void objdumpReadsTheSameInstructions() throws Exception {
        ObjdumpSweep sweep = new ObjdumpSweep();
        for (Path file : files()) {
            sweep.compare(file, PER_FILE);
        }
        System.out.println(sweep);
        assertThat(sweep.reports).isEmpty();
        assertThat(sweep.unexplained).isZero();
        assertThat(sweep.instructions).isGreaterThan(1_000_000);
    }

    /** A difference that is introduced has to be seen: the same bytes, compared as if they stood one byte further on. */
    @Test
    void aShiftedLibraryIsAllDifferences() throws Exception {
        ObjdumpSweep sweep = new ObjdumpSweep(1);
        sweep.compare(LIBRARIES.resolve("libc.so.6"), 10_000);
        assertThat(sweep.unexplained).isGreaterThan(1_000);
    }

    private static List<Path> files() throws IOException, InterruptedException {
        List<Path> all = elfFiles(LIBRARIES);
        List<Path> chosen = new ArrayList<>(all.stream()
                .filter(f -> WELL_KNOWN.stream().anyMatch(w -> String.valueOf(f.getFileName()).startsWith(w)))
                .toList());
        chosen.add(Path.of(Command.run("gcc", "-print-prog-name=cc1").strip()));
        for (List<Path> others : List.of(all, elfFiles(Path.of("/usr/bin")))) {
            for (int i = 0; i < SPREAD && i < others.size(); i++) {
                chosen.add(others.get(i * others.size() / SPREAD));
            }
        }
        return chosen.stream().filter(Files::isReadable).distinct().toList();
    }

    private static List<Path> elfFiles(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(Files::isRegularFile).filter(f -> !Files.isSymbolicLink(f)).sorted()
                    .filter(ObjdumpSweep::isElf64).toList();
        }
    }
}
