package dev.pulpo.elf.dwarf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Needed;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A debug package as a whole, the C library's: all that is said of it is what {@code llvm-dwarfdump} says. */
@Tag("slow")
class DebugPackageTest {
    private static final Path LIBRARY = Path.of("/lib/x86_64-linux-gnu/libc.so.6");
    private static final Pattern TABLE = Pattern.compile("debug_line\\[(0x[0-9a-f]+)\\]");
    private static final Pattern ROW = Pattern.compile("(0x[0-9a-f]{16}) +(\\d+) +\\d+ +(\\d+) .*");

    private interface Use {
        void accept(ElfFile file, Path path) throws IOException;
    }

    private interface Reading {
        void accept(BufferedReader lines) throws IOException;
    }

    private static void withPackage(Use use) throws IOException {
        Needed.commands("llvm-dwarfdump");
        try (ElfFile library = ElfFile.open(LIBRARY)) {
            Optional<DebugFiles.Found> debug = DebugFiles.ofThisProcess().find(library, LIBRARY.toString());
            Needed.nothingMissing(debug.isPresent() ? "" : "libc6-dbg");
            try (ElfFile file = debug.orElseThrow().file()) {
                use.accept(file, Path.of(debug.get().name()));
            }
        }
    }

    private static void dump(Path file, String option, Reading reading) throws IOException {
        Process dump = new ProcessBuilder("llvm-dwarfdump", option, file.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader lines = dump.inputReader()) {
            reading.accept(lines);
            assertThat(dump.waitFor()).isZero();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        } finally {
            dump.destroy();
        }
    }

    @Test
    void everyEntryFunctionAndLayoutIsThatOfTheOtherTool() throws IOException {
        withPackage((file, path) -> {
            World world = new World(file);
            world.add(new Sections(file, ""), null);
            EntryComparison comparison = new EntryComparison(world.units());
            CodeAndTypes expected = new CodeAndTypes();
            dump(path, "--debug-info", lines -> DumpedEntry.read(lines, entry -> {
                comparison.add(entry);
                expected.add(entry);
            }));
            comparison.end();
            assertThat(comparison.differences()).isEmpty();
            assertThat(comparison.entries()).isGreaterThan(100_000);
            assertThat(comparison.expressions()).isGreaterThan(50_000);
            try (DebugInfo info = DebugInfo.of(file)) {
                assertThat(info.defects()).isEmpty();
                assertThat(CodeAndTypes.bodies(info)).isEqualTo(expected.bodies()).hasSizeGreaterThan(1000);
                assertThat(CodeAndTypes.copies(info)).isEqualTo(expected.copies()).hasSizeGreaterThan(100);
                assertThat(CodeAndTypes.layouts(info)).isEqualTo(expected.layouts()).hasSizeGreaterThan(100);
            }
            System.out.printf("llvm-dwarfdump: %d units, %d entries with %d values, %d expressions compared; "
                    + "%d functions' code, "
                    + "%d names of inlined functions, %d layouts%n", world.units().size(), comparison.entries(),
                    comparison.values(), comparison.expressions(), expected.bodies().size(), expected.copies().size(),
                    expected.layouts().size());
        });
    }

    /** A row of a line table. */
    private record Row(long address, int line, int file, boolean end) {}

    /** Compares tables, one after the other. */
    private static final class Lines {
        private final Map<Long, Unit> units = new HashMap<>();
        private final List<String> differences = new ArrayList<>();
        private final List<Row> sequence = new ArrayList<>();
        private final List<AddressRange> ranges = new ArrayList<>();
        private Optional<Unit> unit = Optional.empty();
        private long rows;
        private int tables;

        Lines(List<Unit> all) {
            for (Unit each : all) {
                EntryReader root = each.entries();
                if (root.next()) {
                    root.constant(Dw.STMT_LIST).ifPresent(offset -> units.put(offset, each));
                }
            }
        }

        void read(BufferedReader lines) throws IOException {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher table = TABLE.matcher(line);
                Matcher row = ROW.matcher(line);
                if (table.matches()) {
                    endTable();
                    unit = Optional.ofNullable(units.get(Long.decode(table.group(1))));
                } else if (row.matches() && unit.isPresent()) {
                    add(new Row(Long.decode(row.group(1)), Integer.parseInt(row.group(2)),
                            Integer.parseInt(row.group(3)), line.contains("end_sequence")));
                }
            }
            endTable();
        }

        /** Of several rows at one address the last one holds. */
        private void add(Row row) {
            if (!sequence.isEmpty() && sequence.getLast().address() == row.address()) {
                sequence.removeLast();
            }
            sequence.add(row);
            if (row.end()) {
                endSequence();
            }
        }

        private void endSequence() {
            LineTable ours = unit.orElseThrow().lines();
            for (int i = 0; i + 1 < sequence.size(); i++) {
                Row row = sequence.get(i);
                Optional<SourceLine> expected = unit.get().file(row.file())
                        .map(name -> new SourceLine(name, row.line()));
                for (long place : new long[]{row.address(), sequence.get(i + 1).address() - 1}) {
                    if (!ours.find(place).equals(expected) && differences.size() < 20) {
                        differences.add("0x" + Long.toHexString(place) + ": " + expected + ", ours "
                                + ours.find(place));
                    }
                }
                rows++;
            }
            ranges.add(new AddressRange(new LinkAddress(sequence.getFirst().address()),
                    new LinkAddress(sequence.getLast().address())));
            sequence.clear();
        }

        private void endTable() {
            unit.ifPresent(each -> {
                assertThat(each.lines().ranges()).as(each.toString()).containsExactlyInAnyOrderElementsOf(ranges);
                tables++;
            });
            ranges.clear();
            unit = Optional.empty();
        }
    }

    @Test
    void everyRowOfTheLineTablesIsThatOfTheOtherTool() throws IOException {
        withPackage((file, path) -> {
            World world = new World(file);
            world.add(new Sections(file, ""), null);
            Lines lines = new Lines(world.units());
            dump(path, "--debug-line", lines::read);
            assertThat(lines.differences).isEmpty();
            assertThat(lines.tables).isEqualTo(lines.units.size()).isGreaterThan(100);
            assertThat(lines.rows).isGreaterThan(100_000);
            System.out.printf("llvm-dwarfdump: %d line tables with %d rows compared%n", lines.tables, lines.rows);
        });
    }
}
