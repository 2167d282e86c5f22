package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.Needed;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.Section;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Debug information that is somewhere else, not there, or damaged. */
class DebugFilesTest {
    private static final DebugFiles SYSTEM = DebugFiles.ofThisProcess();
    /** Of each of the programs. */
    private static final int MUTATIONS = Integer.getInteger("pulpo.mutations", 300);

    @TempDir
    private Path directory;

    @Test
    void separateFilesAreFoundByTheirLink() throws IOException {
        Path program = Compiled.compile(directory, "debug.c", "program", List.of("-g", "-O2"));
        Compiled.run(directory, List.of("objcopy", "--only-keep-debug", "program", "program.debug"));
        Compiled.run(directory, List.of("objcopy", "-g", "--add-gnu-debuglink=program.debug", "program"));
        try (ElfFile file = ElfFile.open(program); DebugInfo info = DebugInfo.open(file, program.toString(), SYSTEM)) {
            assertThat(DebugInfo.of(file).functions("main")).isEmpty();
            assertThat(info.functions("main")).singleElement()
                    .satisfies(main -> assertThat(info.line(main.bodies().getFirst().entry())).isPresent());
            assertThat(info.variables("per_thread")).singleElement()
                    .satisfies(each -> assertThat(each.location()).isEqualTo(new VariableLocation.PerThread(0)));
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"zlib", "zlib-gnu", "zstd"})
    void compressedSectionsAreReadAsTheyWere(String compression) throws IOException {
        Path program = Compiled.compile(directory, "debug.cc", "program", List.of("-g", "-O2"));
        Compiled.run(directory,
                List.of("objcopy", "--compress-debug-sections=" + compression, "program", "compressed"));
        try (ElfFile plain = ElfFile.open(program); ElfFile packed = ElfFile.open(directory.resolve("compressed"))) {
            int compared = 0;
            for (Section section : plain.sections()) {
                Optional<Section> other = Sections.find(packed, section.name());
                if (section.name().startsWith(".debug_") && section.size() > 1000) {
                    assertThat(packed.rawData(other.orElseThrow()).limit()).isLessThan(section.size());
                    assertThat(packed.data(other.get()).bytes(section.size())
                            .mismatch(plain.data(section).bytes(section.size()))).as(section.name()).isEqualTo(-1);
                    compared++;
                }
            }
            assertThat(compared).isGreaterThan(3);
            assertThat(DebugInfo.of(packed).functions("main")).hasSize(1)
                    .isEqualTo(DebugInfo.of(plain).functions("main"));
        }
    }

    @Test
    void missingSplitFilesAreNamed() throws IOException {
        Path program = Compiled.compile(directory, "debug.c", "program", List.of("-g", "-gsplit-dwarf", "-O2"));
        Files.delete(directory.resolve("program-debug.dwo"));
        try (ElfFile file = ElfFile.open(program); DebugInfo info = DebugInfo.open(file, program.toString(), SYSTEM)) {
            assertThat(info.missing()).containsExactly("program-debug.dwo");
            assertThat(info.functions("main")).isEmpty();
        }
    }

    @Test
    void packedSplitUnitsAreFound() throws IOException {
        Needed.commands("gdb", "llvm-dwarfdump", "llvm-symbolizer", "llvm-dwp", "dwp");
        for (String options : List.of("-gdwarf-4", "-gdwarf-5", "-gdwarf-5 -fdebug-types-section")) {
            List<String> all = new ArrayList<>(List.of("-gsplit-dwarf", "-O2"));
            all.addAll(List.of(options.split(" ", -1)));
            Path program = Compiled.compile(directory, "debug.c", "program", all);
            Compiled.run(directory, List.of(options.equals("-gdwarf-4") ? "dwp" : "llvm-dwp", "-o", "program.dwp",
                    "program-debug.dwo"));
            Files.delete(directory.resolve("program-debug.dwo"));
            try (ElfFile file = ElfFile.open(program);
                    DebugInfo info = DebugInfo.open(file, program.toString(), SYSTEM)) {
                assertThat(info.missing()).isEmpty();
                assertThat(info.functions("main")).singleElement()
                        .satisfies(main -> assertThat(main.declaration()).isPresent());
                assertThat(info.layout("mixed").orElseThrow().size()).isEqualTo(88);
                assertThat(info.variables("per_thread")).singleElement()
                        .satisfies(each -> assertThat(each.location()).isEqualTo(new VariableLocation.PerThread(0)));
            }
            Files.delete(directory.resolve("program.dwp"));
        }
    }

    @Test
    void partsInCommonAreFoundInTheSupplementaryFile() throws IOException {
        // What dwz does, done by the assembler: a name and a type that are in another file.
        Path common = Files.writeString(directory.resolve("common.s"), """
                .section .debug_str,"MS",@progbits,1
                .asciz "x"
                .asciz "shared_function"
                .section .debug_abbrev,"",@progbits
                .byte 1,0x3c,1,0,0, 2,0x24,0,3,8,0x0b,0x0b,0,0, 0
                .section .debug_info,"",@progbits
                .long 2f-1f
                1: .short 4
                .long 0
                .byte 8, 1, 2
                .asciz "wide"
                .byte 16, 0
                2:
                """);
        Path main = Files.writeString(directory.resolve("main.s"), """
                .section .gnu_debugaltlink,"",@progbits
                .asciz "common.debug"
                .long 0x04030201
                .section .debug_abbrev,"",@progbits
                .byte 1,0x11,1,0,0
                .byte 2,0x2e,0,3
                .uleb128 0x1f21
                .byte 0x11,1,0x12,7,0,0
                .byte 3,0x34,0,3,8,0x49
                .uleb128 0x1f20
                .byte 2,0x18,0,0
                .byte 0
                .section .debug_info,"",@progbits
                .long 2f-1f
                1: .short 4
                .long 0
                .byte 8, 1
                .byte 2
                .long 2
                .quad shared, 16
                .byte 3
                .asciz "v"
                .long 12
                .byte 9, 3
                .quad shared
                .byte 0
                2:
                .text
                .globl shared
                shared: .skip 16, 0x90
                """);
        Compiled.run(directory,
                List.of("gcc", "-shared", "-nostdlib", "-Wl,--build-id=0x01020304", "-o", "common.debug",
                        common.toString()));
        Compiled.run(directory, List.of("gcc", "-shared", "-nostdlib", "-o", "lib.so", main.toString()));
        Path library = directory.resolve("lib.so");
        try (ElfFile file = ElfFile.open(library); DebugInfo info = DebugInfo.open(file, library.toString(), SYSTEM)) {
            assertThat(info.missing()).isEmpty();
            assertThat(info.functions("shared_function")).singleElement().satisfies(
                    function -> assertThat(function.bodies().getFirst().ranges().getFirst().size()).isEqualTo(16));
            assertThat(info.variables("v")).singleElement()
                    .satisfies(variable -> assertThat(variable.type()).isEqualTo("wide"));
        }
        Files.delete(directory.resolve("common.debug"));
        try (ElfFile file = ElfFile.open(library); DebugInfo info = DebugInfo.open(file, library.toString(), SYSTEM)) {
            assertThat(info.missing()).containsExactly("common.debug");
        }
    }

    /** What dwz makes of two programs: parts of their own in common, and a third file with what both have. */
    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"-gdwarf-4, --no-odr", "-gdwarf-5, --no-odr", "-gdwarf-5, --dwarf-5"})
    void whatDwzMakesSmallerSaysTheSame(String version, String form) throws IOException {
        Needed.commands("dwz");
        Path first = Compiled.compile(directory, "debug.cc", "first", List.of(version, "-O2"));
        Path second = Compiled.compile(directory, "debug.cc", "second", List.of(version, "-O2"));
        Compiled.run(directory, List.of("cp", "first", "plain"));
        Compiled.run(directory,
                List.of("dwz", form, "-m", "common.debug", "-M", directory.resolve("common.debug").toString(),
                        "first", "second"));
        try (ElfFile plainFile = ElfFile.open(directory.resolve("plain"));
                DebugInfo plain = DebugInfo.of(plainFile);
                ElfFile file = ElfFile.open(first);
                DebugInfo info = DebugInfo.open(file, first.toString(), SYSTEM);
                ElfFile other = ElfFile.open(second);
                DebugInfo otherInfo = DebugInfo.open(other, second.toString(), SYSTEM)) {
            assertThat(file.debugAltLink()).isPresent();
            assertThat(Files.size(first)).isLessThan(Files.size(directory.resolve("plain")) * 9 / 10);
            for (DebugInfo smaller : List.of(info, otherInfo)) {
                assertThat(smaller.missing()).isEmpty();
                assertThat(smaller.defects()).isEmpty();
                assertThat(CodeAndTypes.bodies(smaller)).isEqualTo(CodeAndTypes.bodies(plain))
                        .hasSizeGreaterThan(10);
                assertThat(CodeAndTypes.copies(smaller)).isEqualTo(CodeAndTypes.copies(plain));
                assertThat(CodeAndTypes.layouts(smaller)).isEqualTo(CodeAndTypes.layouts(plain))
                        .hasSizeGreaterThan(20);
                assertThat(DebugFilesTest.variables(smaller)).isEqualTo(DebugFilesTest.variables(plain))
                        .hasSize(3);
                assertThat(DebugFilesTest.locals(smaller)).isEqualTo(DebugFilesTest.locals(plain))
                        .hasSizeGreaterThan(30);
            }
        }
        Files.delete(directory.resolve("common.debug"));
        try (ElfFile file = ElfFile.open(first); DebugInfo info = DebugInfo.open(file, first.toString(), SYSTEM)) {
            assertThat(info.missing()).singleElement().asString().endsWith("common.debug");
        }
    }

    private static List<String> variables(DebugInfo info) {
        return info.variables().stream().map(VariableInfo::toString).sorted().toList();
    }

    /** What can be seen at the beginning and in the middle of all code, with the values that a frame without a process gives. */
    private static List<String> locals(DebugInfo info) {
        return info.functions().flatMap(function -> function.bodies().stream())
                .flatMap(body -> Stream.of(body.entry(), body.entry().plus(body.ranges().getFirst().size() / 2)))
                .flatMap(place -> info.scopes(place).stream().flatMap(scope -> scope.variables().stream()
                        .map(variable -> place + " " + scope.frame() + " " + variable.type() + " " + variable.name()
                                + " "
                                + variable.locations().stream().map(entry -> entry.range() + "").toList() + " "
                                + info.value(variable, new PlainFrame(info, place)))))
                .sorted().toList();
    }

    @Test
    void amalformedUnitTakesOnlyItselfAway() throws IOException {
        Path source = Compiled.resource(directory, "debug.c");
        Path other = Files.writeString(directory.resolve("other.c"), "int other_function(int a) { return a + 1; }");
        Compiled.run(directory, List.of("gcc", "-g", "-o", "program", source.toString(), other.toString()));
        byte[] bytes = Files.readAllBytes(directory.resolve("program"));
        try (ElfFile file = ElfFile.open(directory.resolve("program"))) {
            Section section = file.section(".debug_info").orElseThrow();
            DebugInfo sound = DebugInfo.of(file);
            assertThat(sound.defects()).isEmpty();
            assertThat(sound.functions("main")).hasSize(1);
            long at = section.offset().value() + 12;
            assertThat(bytes[(int) at]).as("the first entry's code").isNotZero();
            bytes[(int) at] = 0x7f;
        }
        DebugInfo damaged = DebugInfo.of(ElfFile.of(ByteSource.of(bytes), "damaged"));
        assertThat(damaged.defects()).hasSize(1);
        assertThat(damaged.functions("main").size() + damaged.functions("other_function").size()).isEqualTo(1);
    }

    /** Some bytes of the debug sections changed, the same in every run: everything is answered or refused. */
    @Tag("slow")
    @Test
    void mutatedFilesAreReadOrRefused() throws IOException {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        Random random = new Random(20261123);
        DebugWalker walker = new DebugWalker();
        for (String options : List.of("-gdwarf-5", "-gdwarf-4 -fdebug-types-section", "-gdwarf-2",
                "-gdwarf-5 -gdwarf64 -fdebug-types-section")) {
            List<String> all = new ArrayList<>(List.of(options.split(" ", -1)));
            all.add("-O2");
            Path program = Compiled.compile(directory, "debug.c", "program", all);
            byte[] original = Files.readAllBytes(program);
            List<Section> sections;
            try (ElfFile file = ElfFile.open(program)) {
                sections = file.sections().stream().filter(section -> section.name().startsWith(".debug_")).toList();
            }
            for (int run = 0; run < MUTATIONS; run++) {
                byte[] bytes = original.clone();
                for (int i = random.nextInt(6); i >= 0; i--) {
                    Section section = sections.get(random.nextInt(sections.size()));
                    int at = (int) (section.offset().value() + random.nextLong(section.size()));
                    bytes[at] = (byte) (random.nextInt(3) == 0 ? 0xff : random.nextInt());
                }
                long allocated = threads.getCurrentThreadAllocatedBytes();
                try {
                    walker.walk(bytes);
                } catch (RuntimeException | Error escaped) {
                    Path kept = Files.write(Files.createTempFile("mutation-" + run + "-", ".elf"), bytes);
                    throw new AssertionError("run " + run + ", kept as " + kept, escaped);
                }
                assertThat(threads.getCurrentThreadAllocatedBytes() - allocated).as("heap of run %d", run)
                        .isLessThan(512L << 20);
            }
        }
        assertThat(walker.refusals()).isGreaterThan(MUTATIONS);
        assertThat(walker.defects()).isGreaterThan(MUTATIONS / 10);
        assertThat(walker.answers()).isGreaterThan(MUTATIONS * 1000);
    }
}
