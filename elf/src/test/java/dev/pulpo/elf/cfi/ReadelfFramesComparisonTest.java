package dev.pulpo.elf.cfi;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MachineLibraries;
import dev.pulpo.elf.cfi.CfiRow.CfaRule;
import dev.pulpo.elf.cfi.CfiRow.RegisterRule;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Compares the rows of a spread of the machine's libraries with those that {@code readelf} computes. */
@Tag("slow")
class ReadelfFramesComparisonTest {
    /** Of the machine's libraries, besides the ones below, one in so many; so the time it takes has a bound. */
    private static final int SAMPLE = Integer.getInteger("pulpo.cfi.sample", 6);
    private static final long LARGEST = Long.getLong("pulpo.cfi.largest", 6_000_000);
    private static final List<String> ALWAYS = List.of("/libc.so.6", "/ld-linux-x86-64.so.2", "/libm.so.6",
            "/libpthread", "/libstdc++.so", "/libgcc_s.so", "/libcrypto.so", "/libz.so", "/libgcrypt.so");

    private static final Pattern FUNCTION = Pattern
            .compile("[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ FDE cie=[0-9a-f]+ pc=([0-9a-f]+)\\.\\.([0-9a-f]+)");
    private static final Pattern COMMON = Pattern.compile("[0-9a-f]+ [0-9a-f]+ [0-9a-f]+ CIE .*");

    private static final Pattern TERMINATOR = Pattern.compile("[0-9a-f]+ ZERO terminator");

    /** In place of what is not compared. */
    private static final String OTHER = "-";

    private long rows;

    /** A row as readelf prints it. */
    private record Printed(long start, List<String> columns, List<String> cells) {}

    @Test
    void rowsAreThoseOfReadelf() throws IOException, InterruptedException {
        List<String> differences = new ArrayList<>();
        List<Path> libraries = MachineLibraries.all();
        int files = 0;
        long buildNanos = 0;
        for (int i = 0; i < libraries.size(); i++) {
            Path library = libraries.get(i);
            boolean always = ALWAYS.stream().anyMatch(name -> ("/" + library.getFileName()).startsWith(name));
            if (!always && (i % SAMPLE != 0 || Files.size(library) > LARGEST)) {
                continue;
            }
            try (ElfFile file = ElfFile.open(library)) {
                long begin = System.nanoTime();
                CfiTable table = CfiTable.of(file);
                buildNanos += System.nanoTime() - begin;
                assertThat(table.defects()).as(library.toString()).isEmpty();
                compare(library, table, differences);
                files++;
            }
        }
        System.out.printf("readelf frames: %d files, %d rows compared, tables built in %d ms%n", files, rows,
                buildNanos / 1_000_000);
        assertThat(differences).isEmpty();
        assertThat(rows).isGreaterThan(100_000);
    }

    private void compare(Path library, CfiTable table, List<String> differences)
            throws IOException, InterruptedException {
        Process readelf = new ProcessBuilder("readelf", "-W", "--debug-dump=frames-interp,no-follow-links",
                library.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        try (BufferedReader lines = readelf.inputReader()) {
            List<String> columns = List.of();
            List<Printed> function = new ArrayList<>();
            long end = 0;
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Matcher header = FUNCTION.matcher(line);
                if (header.matches() || COMMON.matcher(line).matches()) {
                    check(library, table, function, end, differences);
                    function.clear();
                    end = header.matches() ? Long.parseUnsignedLong(header.group(2), 16) : 0;
                } else if (line.startsWith("   LOC ")) {
                    columns = List.of(line.strip().split(" +"));
                } else if (end != 0 && line.matches("[0-9a-f]{16} .*")) {
                    List<String> cells = List.of(line.replaceAll("r\\d+ \\((\\w+)\\)", "$1").strip().split(" +"));
                    long start = Long.parseUnsignedLong(cells.get(0), 16);
                    // Of rows without extent the last counts; what lies behind the function is padding.
                    if (!function.isEmpty() && function.getLast().start() == start) {
                        function.removeLast();
                    }
                    if (Long.compareUnsigned(start, end) < 0) {
                        function.add(new Printed(start, columns, cells));
                    }
                } else if (end != 0 && !line.isEmpty() && Character.digit(line.charAt(0), 16) >= 0
                        && !TERMINATOR.matcher(line).matches()) {
                    throw new IllegalStateException("readelf prints a row that is not understood: " + line);
                }
            }
            check(library, table, function, end, differences);
        }
        assertThat(readelf.waitFor()).as(library.toString()).isZero();
    }

    private void check(Path library, CfiTable table, List<Printed> function, long end, List<String> differences) {
        for (int i = 0; i < function.size() && differences.size() < 20; i++) {
            Printed printed = function.get(i);
            long last = (i + 1 < function.size() ? function.get(i + 1).start() : end) - 1;
            for (long place : new long[]{printed.start(), last}) {
                Optional<CfiRow> row = table.row(new LinkAddress(place));
                String ours = row.map(found -> describe(found, printed.columns())).orElse("none");
                List<String> cells = new ArrayList<>(printed.cells());
                for (int column = 2; column < cells.size(); column++) {
                    cells.set(column, number(printed.columns().get(column)) < 0 ? OTHER : cells.get(column));
                }
                String theirs = String.join(" ", cells.subList(1, cells.size()));
                if (!ours.equals(theirs)) {
                    differences.add(library + " at 0x" + Long.toHexString(place) + ": " + printed.columns()
                            + "\n  readelf " + theirs + "\n  ours    " + ours);
                }
            }
            rows++;
        }
    }

    private static String describe(CfiRow row, List<String> columns) {
        List<String> cells = new ArrayList<>();
        cells.add(switch (row.cfa()) {
            case CfaRule.Missing missing -> "none";
            case CfaRule.RegisterOffset sum -> DwarfRegisters.name(sum.register()) + signed(sum.offset());
            case CfaRule.Computed computed -> "exp";
        });
        for (String column : columns.subList(2, columns.size())) {
            int number = number(column);
            RegisterRule rule = row.registers().get(number);
            cells.add(number < 0 ? OTHER : rule == null ? "u" : switch (rule) {
                case RegisterRule.Undefined undefined -> "u";
                case RegisterRule.SameValue same -> "s";
                case RegisterRule.Offset offset -> "c" + signed(offset.bytes());
                case RegisterRule.ValueOffset offset -> "v" + signed(offset.bytes());
                case RegisterRule.Register other -> DwarfRegisters.name(other.number());
                case RegisterRule.Expression expression -> "exp";
                case RegisterRule.ValueExpression expression -> "vexp";
            });
        }
        return String.join(" ", cells);
    }

    private static String signed(long number) {
        return (number < 0 ? "" : "+") + number;
    }

    private static int number(String column) {
        if (column.equals("ra")) {
            return DwarfRegisters.RIP;
        }
        for (int register = 0; register < DwarfRegisters.COUNT; register++) {
            if (DwarfRegisters.name(register).equals(column)) {
                return register;
            }
        }
        // A vector register, of which tables keep nothing.
        assertThat(column).matches("xmm\\d+");
        return -1;
    }
}
