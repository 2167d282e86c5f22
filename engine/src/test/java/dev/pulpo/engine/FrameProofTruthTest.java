package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.cfi.CfiRow;
import dev.pulpo.elf.cfi.CfiTable;
import dev.pulpo.elf.cfi.FunctionRanges;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.x86.FrameProof;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is shown of functions by their instructions is what their call frame information says: of functions that have both.
 * As a program: {@code FrameProofTruthTest FILE...} asks of all functions of these files.
 */
class FrameProofTruthTest {
    private static final String OBJECTS = "/usr/lib/x86_64-linux-gnu/";

    @TempDir
    static Path directory;

    /**
     * What came of a file.
     *
     * @param functions     that were looked at
     * @param proven        of how many something was shown
     * @param points        at how many instructions
     * @param contradictory where call frame information says otherwise
     */
    record Report(int functions, int proven, int points, List<String> contradictory) {}

    static Report compare(ElfFile file) {
        FunctionRanges ranges = FunctionRanges.of(file);
        CfiTable table = CfiTable.of(file);
        int functions = 0;
        int proven = 0;
        int points = 0;
        List<String> contradictory = new ArrayList<>();
        for (long start : ranges.starts()) {
            Optional<byte[]> code = ranges.startingAt(new LinkAddress(start)).flatMap(range -> bytes(file, range));
            if (code.isEmpty() || !beginsAsAFunction(table.row(new LinkAddress(start)))) {
                continue;
            }
            functions++;
            if (FrameProof.of(code.get()) instanceof FrameProof.Result.Proven proof) {
                proven++;
                for (FrameProof.Point point : proof.points()) {
                    if (point.place() != FrameProof.Place.UNKNOWN) {
                        points++;
                        Optional<CfiRow> row = table.row(new LinkAddress(start + point.offset()));
                        if (row.filter(known -> agrees(point.place(), known)).isEmpty()) {
                            contradictory.add(file.name() + " 0x" + Long.toHexString(start) + " +" + point.offset()
                                    + ": " + point.place() + ", " + row);
                        }
                    }
                }
            }
        }
        return new Report(functions, proven, points, contradictory);
    }

    /** Parts of functions have a description, too, and begin with the frame of the whole. */
    private static boolean beginsAsAFunction(Optional<CfiRow> row) {
        return row.filter(known -> known.cfa().equals(new CfiRow.CfaRule.RegisterOffset(DwarfRegisters.RSP, 8)))
                .isPresent();
    }

    private static Optional<byte[]> bytes(ElfFile file, AddressRange range) {
        long length = range.end().value() - range.start().value();
        return length <= 0 || length > 1 << 16
                ? Optional.empty()
                : Optional.of(file.at(range.start(), length).bytes(length).toArray(ValueLayout.JAVA_BYTE));
    }

    private static boolean agrees(FrameProof.Place place, CfiRow row) {
        boolean same = !row.registers().containsKey(DwarfRegisters.RBP)
                || row.registers().get(DwarfRegisters.RBP) instanceof CfiRow.RegisterRule.SameValue;
        boolean saved = new CfiRow.RegisterRule.Offset(-16).equals(row.registers().get(DwarfRegisters.RBP));
        boolean returns = new CfiRow.RegisterRule.Offset(-8).equals(row.registers().get(DwarfRegisters.RIP));
        return returns && switch (place) {
            // A description may keep the rule of the saved register although it holds the caller's value again.
            case ENTRY -> row.cfa().equals(new CfiRow.CfaRule.RegisterOffset(DwarfRegisters.RSP, 8)) && (same || saved);
            case PUSHED -> row.cfa().equals(new CfiRow.CfaRule.RegisterOffset(DwarfRegisters.RSP, 16)) && saved;
            // Between mov %rbp,%rsp and pop %rbp both registers say the same.
            case SET_UP -> (row.cfa().equals(new CfiRow.CfaRule.RegisterOffset(DwarfRegisters.RBP, 16))
                    || row.cfa().equals(new CfiRow.CfaRule.RegisterOffset(DwarfRegisters.RSP, 16))) && saved;
            case UNKNOWN -> true;
        };
    }

    @Tag("slow")
    @Test
    void compiledFunctionsAreDescribedTheSameWay() throws Exception {
        Victims victims = new Victims(directory);
        int proven = 0;
        for (String options : List.of("-O0", "-O1", "-O2", "-O3 -mavx2", "-Os")) {
            for (String source : List.of("hazards.c", "situations.c", "entries.c", "stacks.c", "scene.c")) {
                List<String> all = new ArrayList<>(
                        List.of("-fno-omit-frame-pointer", "-shared", "-fPIC", "-Wno-error"));
                all.addAll(List.of(options.split(" ")));
                Path file = victims.compiled("framed.so", source, all.toArray(String[]::new));
                Report report = compare(ElfFile.open(file));
                assertThat(report.contradictory()).as("%s %s", source, options).isEmpty();
                proven += report.proven();
            }
        }
        assertThat(proven).isGreaterThan(150);
    }

    @Test
    void functionsOfInstalledObjectsAreDescribedTheSameWay() throws Exception {
        for (String name : List.of("libc.so.6", "libcrypto.so.3", "libstdc++.so.6")) {
            Path file = Path.of(OBJECTS, name);
            if (Files.exists(file)) {
                assertThat(compare(ElfFile.open(file)).contradictory()).isEmpty();
            }
        }
    }

    public static void main(String[] arguments) throws Exception {
        List<Path> files;
        try (Stream<Path> found = arguments.length > 0
                ? Stream.of(arguments).map(Path::of)
                : Files.walk(Path.of(OBJECTS))) {
            files = found.filter(file -> file.toString().contains(".so") && Files.isRegularFile(file)).sorted()
                    .toList();
        }
        int functions = 0;
        int proven = 0;
        int points = 0;
        int contradictory = 0;
        for (Path path : files) {
            try {
                Report report = compare(ElfFile.open(path));
                functions += report.functions();
                proven += report.proven();
                points += report.points();
                contradictory += report.contradictory().size();
                report.contradictory().stream().limit(3).forEach(System.out::println);
            } catch (dev.pulpo.elf.MalformedElfException | IllegalArgumentException other) {
                System.out.println(path + " is not looked at: " + other.getMessage());
            }
        }
        System.out.printf("%d functions, %d proven, %d instructions, %d contradictory%n", functions, proven, points,
                contradictory);
        System.exit(contradictory == 0 ? 0 : 1);
    }
}
