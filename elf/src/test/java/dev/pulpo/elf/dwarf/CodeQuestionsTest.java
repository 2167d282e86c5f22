package dev.pulpo.elf.dwarf;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Needed;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SymbolType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Questions about code: what is inlined where, what a line became, what the compiler made of a function. */
class CodeQuestionsTest {
    @TempDir
    private Path directory;

    private static FunctionInfo function(DebugInfo info, String name) {
        List<FunctionInfo> found = info.functions(name);
        assertThat(found).as(name).hasSize(1);
        return found.getFirst();
    }

    private static List<LinkAddress> everyAddress(ElfFile file, DebugInfo info) {
        List<LinkAddress> places = new ArrayList<>();
        for (ElfSymbol symbol : file.symbols().stream().filter(each -> each.type().equals(SymbolType.FUNC)).toList()) {
            if (symbol.isDefined() && info.functionAt(symbol.address()).isPresent()) {
                for (long i = 0; i < symbol.size(); i++) {
                    places.add(symbol.address().plus(i));
                }
            }
        }
        return places;
    }

    @Test
    void whatLiesInTheFrameIsNotKnownBeforeTheFunctionHasStoredIt() throws IOException {
        Path source = Files.writeString(directory.resolve("stored.c"),
                "int stored(int a)\n{\n    int b = a + 1;\n    return b;\n}\n");
        Compiled.run(directory, List.of("gcc", "-g", "-O0", "-shared", "-o", "stored.so", source.toString()));
        try (ElfFile file = ElfFile.open(directory.resolve("stored.so"))) {
            DebugInfo info = DebugInfo.of(file);
            AddressRange code = function(info, "stored").bodies().getFirst().ranges().getFirst();
            SourceLine opening = info.line(code.start()).orElseThrow();
            int unknown = 0;
            for (LinkAddress place = code.start(); place.value() < code.end().value(); place = place.plus(1)) {
                for (LocalVariable variable : info.scopes(place).getFirst().variables()) {
                    Value value = info.value(variable, new PlainFrame(info, place));
                    if (info.line(place).orElseThrow().equals(opening)) {
                        unknown++;
                        assertThat(value.toString()).as("%s at %s", variable.name(), place).contains("only begun");
                    } else {
                        assertThat(value).as("%s at %s", variable.name(), place).isInstanceOf(Value.Whole.class);
                    }
                }
            }
            assertThat(unknown).isPositive();
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"-gdwarf-5 -O2", "-gdwarf-4 -O3", "-gdwarf-3 -O2", "-gdwarf-5 -O2 -gsplit-dwarf",
            "-gdwarf-5 -O0"})
    void inlinedChainIsThatOfTheSymbolizer(String options) throws IOException {
        Needed.commands("llvm-symbolizer");
        int inlined = 0;
        for (String source : List.of("debug.c", "debug.cc", "parts.c")) {
            Path program = Compiled.compile(directory, source, "program", List.of(options.split(" ", -1)));
            try (ElfFile file = ElfFile.open(program);
                    DebugInfo info = DebugInfo.open(file, program.toString(), DebugFiles.ofThisProcess())) {
                List<String> command = new ArrayList<>(List.of("llvm-symbolizer", "--functions=short", "--inlines",
                        "--obj=" + program));
                List<LinkAddress> places = everyAddress(file, info);
                places.forEach(place -> command.add(place.toString()));
                String theirs = String.join("\n", Compiled.run(directory, command));
                StringBuilder ours = new StringBuilder();
                for (LinkAddress place : places) {
                    List<SourceFrame> frames = info.frames(place);
                    for (SourceFrame frame : frames) {
                        inlined += frame.inlined() ? 1 : 0;
                        ours.append(frame.function()).append('\n')
                                .append(frame.place().map(line -> Path.of(line.file()).getFileName() + ":"
                                        + line.line()).orElse("??:0"))
                                .append('\n');
                    }
                    assertThat(frames.getLast().inlined()).isFalse();
                    ours.append('\n');
                }
                assertThat(ours.toString().strip()).as(source)
                        .isEqualTo(theirs.replaceAll("(?m)^.*/", "").replaceAll("(?m):[0-9]+$", "").strip());
            }
        }
        assertThat(inlined).isGreaterThan(options.contains("O0") ? 10 : 100);
    }

    /** A real debug package, split from its library: the C library's, where it is installed. Debian's is not made with dwz. */
    @Test
    void inlinedChainsOfTheCLibraryAreThoseOfTheSymbolizer() throws IOException {
        Needed.commands("llvm-symbolizer");
        Path library = Path.of("/lib/x86_64-linux-gnu/libc.so.6");
        DebugFiles files = DebugFiles.ofThisProcess();
        Assumptions.assumeTrue(Files.exists(library), "another distribution");
        try (ElfFile file = ElfFile.open(library); DebugInfo info = DebugInfo.open(file, library.toString(), files)) {
            Optional<DebugFiles.Found> debug = files.find(file, library.toString());
            Needed.nothingMissing(debug.isPresent() ? "" : "libc6-dbg");
            List<LinkAddress> all = info.functions().flatMap(function -> function.bodies().stream())
                    .flatMap(body -> body.ranges().stream())
                    .map(range -> range.start().plus(range.size() * 2 / 3)).distinct().toList();
            assertThat(all).hasSizeGreaterThan(3000);
            List<LinkAddress> places = IntStream.range(0, 2000).mapToObj(i -> all.get(i * (all.size() / 2000)))
                    .toList();
            List<String> command = new ArrayList<>(List.of("llvm-symbolizer", "--functions=none", "--inlines",
                    "--obj=" + debug.get().name()));
            places.forEach(place -> command.add(place.toString()));
            StringBuilder ours = new StringBuilder();
            for (LinkAddress place : places) {
                info.frames(place).forEach(frame -> ours.append(frame.place()
                        .map(line -> Path.of(line.file()).getFileName() + ":" + line.line()).orElse("??:0"))
                        .append('\n'));
                ours.append('\n');
            }
            String theirs = String.join("\n", Compiled.run(directory, command)).replaceAll("(?m)^.*/", "")
                    .replaceAll("(?m):[0-9]+$", "");
            assertThat(ours.toString().strip()).isEqualTo(theirs.strip());
            assertThat(info.defects()).isEmpty();
        }
    }

    @Test
    void codeOfALineIsWhereTheLineIs() throws IOException {
        Path program = Compiled.compile(directory, "debug.cc", "program", List.of("-g", "-O2"));
        try (ElfFile file = ElfFile.open(program); DebugInfo info = DebugInfo.of(file)) {
            int found = 0;
            for (LinkAddress place : everyAddress(file, info)) {
                Optional<SourceLine> line = info.line(place);
                if (line.isPresent() && line.get().line() > 0) {
                    String name = Path.of(line.get().file()).getFileName().toString();
                    assertThat(info.code(name, line.get().line())).as(line.get() + " at " + place)
                            .anyMatch(range -> range.contains(place));
                    found++;
                }
            }
            assertThat(found).isGreaterThan(200);
            for (AddressRange range : info.code("debug.cc", 20)) {
                assertThat(info.line(range.start())).map(SourceLine::line).contains(20);
                assertThat(info.line(range.end().plus(-1))).map(SourceLine::line).contains(20);
            }
            assertThat(info.code("debug.cc", 100_000)).isEmpty();
            assertThat(info.code("bug.cc", 20)).isEmpty();
        }
    }

    @Test
    void whatTheCompilerMadeOfFunctions() throws IOException {
        Path program = Compiled.compile(directory, "parts.c", "program", List.of("-g", "-O2"));
        try (ElfFile file = ElfFile.open(program); DebugInfo info = DebugInfo.of(file)) {
            FunctionInfo outer = function(info, "outer");
            assertThat(info.parts(outer)).singleElement().satisfies(part -> {
                assertThat(part.kind()).isEqualTo(FunctionPart.Kind.WHOLE);
                assertThat(part.symbols()).containsExactlyInAnyOrder("outer", "another_name");
            });
            assertThat(outer.signature()).isEqualTo("int (paint)");
            FunctionInfo specialised = function(info, "specialised");
            assertThat(info.parts(specialised)).singleElement().satisfies(part -> {
                assertThat(part.kind()).isEqualTo(FunctionPart.Kind.CLONE);
                assertThat(part.symbols()).allMatch(name -> name.matches("specialised\\.(isra|constprop).*"));
            });
            assertThat(specialised.signature()).isEqualTo("int (const struct pair*, int)");
            assertThat(function(info, "variadic").signature()).isEqualTo("void (const char*, ...)");
            assertThat(function(info, "called_last").tailCallers()).singleElement().satisfies(caller -> {
                assertThat(caller.from()).isEqualTo("jumps");
                assertThat(info.functionAt(caller.next().orElseThrow().plus(-1))).map(FunctionInfo::name)
                        .contains("jumps");
            });
            assertThat(info.functions()).extracting(FunctionInfo::name).contains("main", "outer", "middle",
                    "innermost");
            assertThat(info.units()).singleElement()
                    .satisfies(unit -> assertThat(unit.producer()).startsWith("GNU C").contains("-O2"));
        }
    }

    @Test
    void codeThatWasMovedAwayIsAPart() throws IOException {
        Path program = Compiled.compile(directory, "parts.c", "program", List.of("-g", "-O2"));
        try (ElfFile file = ElfFile.open(program); DebugInfo info = DebugInfo.of(file)) {
            List<FunctionPart> parts = info.parts(function(info, "rarely"));
            assertThat(parts).extracting(FunctionPart::kind).containsExactly(FunctionPart.Kind.WHOLE,
                    FunctionPart.Kind.COLD);
            assertThat(parts.getLast().symbols()).containsExactly("rarely.cold");
        }
    }

    @Test
    void typesThatAreNoStructures() throws IOException {
        Path program = Compiled.compile(directory, "parts.c", "program", List.of("-g", "-O2"));
        try (ElfFile file = ElfFile.open(program); DebugInfo info = DebugInfo.of(file)) {
            assertThat(info.types("enum colour")).singleElement().isInstanceOfSatisfying(EnumLayout.class, colour -> {
                assertThat(colour.size()).isEqualTo(4);
                assertThat(colour.values()).containsExactly(new EnumLayout.Value("RED", 0),
                        new EnumLayout.Value("GREEN", 5), new EnumLayout.Value("BLUE", 6));
            });
            assertThat(info.types("paint")).singleElement().isInstanceOfSatisfying(TypedefLayout.class, paint -> {
                assertThat(paint.type()).isEqualTo("enum colour");
                assertThat(paint.size()).isEqualTo(4);
            });
            assertThat(info.types()).extracting(each -> each.type().name()).contains("pair", "colour", "paint");
            assertThat(info.variables()).extracting(VariableInfo::name).containsExactly("sink");
        }
    }

    /** The version in the header of either of two units is wrong; what is said of the other stays. */
    @Test
    void malformedHeaderTakesOnlyItsUnitAway() throws IOException {
        Path other = Files.writeString(directory.resolve("other.c"), "int other_function(int a) { return a + 1; }");
        Compiled.run(directory, List.of("gcc", "-g", "-o", "program",
                Compiled.resource(directory, "debug.c").toString(), other.toString()));
        Path program = directory.resolve("program");
        long start;
        long second;
        try (ElfFile file = ElfFile.open(program)) {
            Section section = file.section(".debug_info").orElseThrow();
            start = section.offset().value();
            second = start + 4 + file.data(section).u32();
        }
        for (long header : List.of(start, second)) {
            byte[] bytes = Files.readAllBytes(program);
            bytes[(int) header + 4] = 77;
            Path damaged = Files.write(directory.resolve("damaged"), bytes);
            try (ElfFile file = ElfFile.of(ByteSource.of(bytes), "damaged");
                    DebugInfo info = DebugInfo.open(file, damaged.toString(), DebugFiles.ofThisProcess())) {
                assertThat(info.defects()).singleElement()
                        .satisfies(defect -> assertThat(defect).hasMessageContaining("version 77"));
                assertThat(info.functions("main")).hasSize(header == start ? 0 : 1);
                assertThat(info.functions("other_function")).hasSize(header == start ? 1 : 0);
            }
        }
        byte[] bytes = Files.readAllBytes(program);
        bytes[(int) second + 2] = 0x7f;
        try (DebugInfo info = DebugInfo.of(ElfFile.of(ByteSource.of(bytes), "longer"))) {
            assertThat(info.defects()).singleElement()
                    .satisfies(defect -> assertThat(defect).hasMessageContaining("a unit within"));
            assertThat(info.functions("main")).hasSize(1);
        }
    }
}
