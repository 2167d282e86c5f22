package dev.pulpo.engine.check;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.FunctionInfo;
import dev.pulpo.engine.Tools;
import dev.pulpo.engine.check.DescribedParameters.Parameter;
import dev.pulpo.x86.RegisterSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where arguments are passed, compared with what compilers say of functions that anybody can call. */
class PrototypesTest {
    private static final String TYPES = """
            #include <stdbool.h>
            struct pair { long a, b; };
            struct mixed { double d; long l; };
            struct triple { long a, b, c; };
            struct small { char c; short s; float f; };
            struct floats { float a, b, c; };
            struct doubles { double a, b; };
            struct array { int a[3]; };
            struct arrays { double d; float f[2]; };
            struct bits { unsigned a : 3, b : 29; long c; };
            struct __attribute__((packed)) packed { char c; long l; };
            struct big { char text[100]; };
            typedef struct { int x; long y; } anonymous;
            typedef struct pair alias;
            union either { long l; double d; };
            union reals { float f; double d; };
            struct nested { struct small s; union either u; };
            enum color { RED };
            """;
    private static final List<String> VALUES = List.of("long", "int", "bool", "unsigned char", "double", "float",
            "void *",
            "enum color", "long double", "struct pair", "struct mixed", "struct triple", "struct small",
            "struct floats", "struct doubles", "struct nested", "struct array", "struct arrays", "struct bits",
            "struct packed", "struct big", "anonymous", "alias", "union either", "union reals");

    @TempDir
    Path directory;

    /** Each type alone, after others, and when the registers run out; as a result, too. */
    @ParameterizedTest
    @ValueSource(strings = {"gcc", "clang"})
    void placesAreThoseOfCompilers(String compiler) throws Exception {
        StringBuilder text = new StringBuilder(TYPES);
        int count = 0;
        for (String value : VALUES) {
            for (String list : List.of("%s a", "long p, double q, %s a",
                    "long p, long q, long r, long s, long t, %s a, int z",
                    "double p, double q, double r, double s, double t, double u, double v, %s a, float z, long y")) {
                text.append("long f").append(count++).append('(').append(String.format(list, value))
                        .append(") { return sizeof a; }\n");
            }
            text.append(value).append(" f").append(count++).append("(long a, double b) { static ").append(value)
                    .append(" r; return r; }\n");
        }
        int compared = 0;
        try (ElfFile elf = ElfFile.open(compile(compiler, text.toString(), "-O1"));
                DebugInfo info = DebugInfo.of(elf)) {
            CodeFacts facts = new CodeFacts(elf, info);
            Prototypes prototypes = new Prototypes(facts);
            for (int i = 0; i < count; i++) {
                FunctionInfo function = info.functions("f" + i).getFirst();
                LinkAddress entry = function.bodies().getFirst().entry();
                compared += compare(function, prototypes.of(function).orElseThrow(),
                        new DescribedParameters(facts).of(entry));
            }
        }
        assertThat(compared).isGreaterThan(4 * VALUES.size());
    }

    private static int compare(FunctionInfo function, Prototypes.Passed passed, List<Parameter> parameters) {
        assertThat(passed.words()).as(function.toString()).isPresent();
        assertThat(passed.places()).as(function.toString()).hasSameSizeAs(parameters);
        int compared = 0;
        for (int i = 0; i < parameters.size(); i++) {
            Parameter parameter = parameters.get(i);
            List<RegisterSet> place = passed.places().get(i);
            for (int word = 0; word < Math.max(1, place.size()); word++) {
                RegisterSet expected = place.isEmpty() ? RegisterSet.NONE : place.get(word);
                Optional<RegisterSet> found = parameter.word(word);
                // Some structures are described in the frame, into which the function writes them first.
                if (found.isPresent() && !(found.get().isEmpty() && place.size() > 0)) {
                    assertThat(found.get()).as(function + ", " + parameter).isEqualTo(expected);
                    compared++;
                }
            }
        }
        return compared;
    }

    @Test
    void resultsInMemoryTakeARegister() throws Exception {
        String text = TYPES + """
                struct triple big(long a, double b) { return (struct triple){a, 1, 2}; }
                struct mixed two(long a, double b) { return (struct mixed){b, a}; }
                long double x87(long a, double b) { return a; }
                """;
        try (ElfFile elf = ElfFile.open(compile("gcc", text, "-O1")); DebugInfo info = DebugInfo.of(elf)) {
            Prototypes prototypes = new Prototypes(new CodeFacts(elf, info));
            RegisterSet rdi = RegisterSet.general(7);
            RegisterSet rsi = RegisterSet.general(6);
            RegisterSet xmm0 = RegisterSet.vector(0);
            FunctionInfo big = info.functions("big").getFirst();
            assertThat(prototypes.of(big).orElseThrow().places()).containsExactly(List.of(rsi), List.of(xmm0));
            assertThat(prototypes.of(big).orElseThrow().sure()).isEqualTo(rdi.or(rsi).or(xmm0));
            assertThat(prototypes.result(big)).isEqualTo(RegisterSet.general(0));
            assertThat(prototypes.result(info.functions("two").getFirst())).isEqualTo(xmm0.or(RegisterSet.general(0)));
            FunctionInfo x87 = info.functions("x87").getFirst();
            assertThat(prototypes.result(x87)).isEqualTo(RegisterSet.NONE);
            assertThat(prototypes.of(x87).orElseThrow().places()).containsExactly(List.of(rdi), List.of(xmm0));
        }
    }

    /** The stack is counted in words, with the alignment of long values. */
    @Test
    void wordsOnTheStackAreCounted() throws Exception {
        String text = TYPES + """
                long none(struct pair a, struct pair b, struct pair c) { return 0; }
                long two(struct pair a, struct pair b, long c, struct pair d, long e) { return 0; }
                long aligned(struct triple a, long double b, char c) { return 0; }
                long variadic(long a, ...) { return 0; }
                """;
        try (ElfFile elf = ElfFile.open(compile("gcc", text, "-O1")); DebugInfo info = DebugInfo.of(elf)) {
            Prototypes prototypes = new Prototypes(new CodeFacts(elf, info));
            assertThat(Stream.of("none", "two", "aligned", "variadic")
                    .map(name -> prototypes.of(info.functions(name).getFirst()).orElseThrow().words()))
                    .containsExactly(OptionalInt.of(0), OptionalInt.of(2), OptionalInt.of(6), OptionalInt.empty());
        }
    }

    /** C++ passes some classes by reference, and DWARF 4 does not say which. */
    @Test
    void classesOfCppAreNotKnown() throws Exception {
        String text = "struct pair { long a, b; pair(const pair&); };\n"
                + "extern \"C\" long f(long a, pair b, long c) { return 0; }";
        try (ElfFile elf = ElfFile.open(compile("g++", text, "-O1")); DebugInfo info = DebugInfo.of(elf)) {
            Prototypes.Passed passed = new Prototypes(new CodeFacts(elf, info)).of(info.functions("f").getFirst())
                    .orElseThrow();
            assertThat(passed.places()).isEmpty();
            assertThat(passed.words()).isEmpty();
            assertThat(passed.sure()).isEqualTo(RegisterSet.general(7));
            assertThat(passed.possible()).isEqualTo(RegisterSet.PASSED.minus(RegisterSet.general(7)));
        }
    }

    private Path compile(String compiler, String text, String level) throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve(compiler.equals("g++") ? "f.cc" : "f.c"), text);
        Path object = directory.resolve("f.so");
        Tools.run(compiler, "-w", "-g", level, "-shared", "-fPIC", "-o", object.toString(), source.toString());
        return object;
    }
}
