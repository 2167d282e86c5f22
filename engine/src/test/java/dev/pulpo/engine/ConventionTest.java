package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.ffm.LaunchedProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Functions that compilers call otherwise than the ABI says, because they see all callers. */
class ConventionTest {
    /** The caller keeps five values in registers that the function does not use. */
    private static final String KEPT = """
            static long table[64];
            __attribute__((noinline)) static long leaf(long a) { return table[a & 63] + 1; }
            __attribute__((noinline)) long work(long a, long b, long c, long d, long e)
            {
                long s = 0;
                for (long i = 0; i < 4; i++)
                    s += leaf(a) + b * 3 + c * 5 + d * 7 + e * 11;
                return s;
            }
            int main(int n, char** v) { table[1] = (long)v; return (int)work(n, 1, 2, 3, 4); }
            """;
    /** The caller does not align the stack for a function that needs no stack. */
    private static final String MISALIGNED = """
            long seed;
            __attribute__((noinline)) static long leaf(long a) { return (seed += a) * 3; }
            __attribute__((noinline)) long work(long a) { return leaf(a) + 1; }
            int main(int n, char** v) { return (int)work(n + (long)v); }
            """;
    private static final String DROPPED = """
            long seed;
            __attribute__((noinline)) static long leaf(long a, long unused, long b) { return a * 3 + b + seed; }
            __attribute__((noinline)) long work(long a) { return leaf(a, a * 7, a + 2) + leaf(a + 1, a * 5, a + 3); }
            int main(int n, char** v) { return (int)work(n + (long)v); }
            """;
    /** clang passes what the pointer leads to. */
    private static final String PROMOTED = """
            long seed, values[4];
            __attribute__((noinline)) static long leaf(const long* p) { return *p * 3 + seed; }
            __attribute__((noinline)) long work(long a) { return leaf(&values[a & 3]) + leaf(&values[1]); }
            int main(int n, char** v) { seed = n; return (int)work(n + (long)v); }
            """;
    /** The function does not read its first argument; its caller passes something in that register. */
    private static final String PASSED = """
            long value = 4;
            __asm__(".text\\n.type leaf,@function\\nleaf: lea 3(%rsi), %rax\\nret\\n.size leaf, .-leaf\\n"
                ".globl work\\n.type work,@function\\nwork: mov %rdi, %rsi\\nCODE\\ncall leaf\\nret\\n.size work, .-work");
            long work(long a);
            int main(int n, char** v) { return (int)work(n); }
            """;
    /**
     * The compiler has left the second parameter out. The caller keeps a value in its register, reads it after the call, and
     * passes what it makes of it to a function that nobody knows.
     */
    private static final String KEPT_IN_PLACE = """
            __asm__(".text\\n.type leaf,@function\\nleaf: lea 3(%rdi), %rax\\nret\\n.size leaf, .-leaf\\n"
                ".globl work\\n.type work,@function\\nwork: sub $8, %rsp\\nmov %rdi, %rsi\\nshl $5, %rsi\\ncall leaf\\n"
                "AFTER\\nadd %rax, %rsi\\nmov %rsi, %rdi\\ncall labs@PLT\\nadd $8, %rsp\\nret\\n.size work, .-work");
            long work(long a);
            int main(int n, char** v) { return (int)work(n); }
            """;
    /**
     * gcc leaves the second parameter out, and passes what the first one leads to in two registers. It describes the parameters
     * of the copy in another order than the source has.
     */
    private static final String SPLIT = """
            #include <unistd.h>
            struct pair { long a, b; };
            long seed;
            struct pair pairs[4];
            __attribute__((noinline)) static void leaf(const struct pair* p, long b)
            {
                long sum = p->a ^ p->b;
                for (int i = 0; i < 3; i++)
                    sum = 7 + labs(seed += b >> 2);
                seed += sum * b;
            }
            int main(int n, char** v)
            {
                for (int i = 0; i < n; i++)
                    leaf(&pairs[i], 7);
                write(1, "x", 1);
                return pause();
            }
            """;
    /** The caller keeps a value in the register of a parameter that the copy has not, and passes it to a function that nobody knows. */
    private static final String KEPT_FOR_ANOTHER = """
            long value = 4;
            __asm__(".text\\n.type leaf.constprop.0,@function\\nleaf.constprop.0: mov value(%rip), %rax\\nret\\n"
                ".size leaf.constprop.0, .-leaf.constprop.0\\n"
                ".globl work\\n.type work,@function\\nwork: sub $8, %rsp\\nmov $5, %esi\\ncall leaf.constprop.0\\n"
                "mov %rax, %rdi\\ncall ldiv@PLT\\nadd $8, %rsp\\nret\\n.size work, .-work");
            long work(long a);
            int main(int n, char** v) { return work(n) + write(1, "x", 1) + pause(); }
            """;
    /** The second argument of the function is that of the next one as well, of which nobody knows how many it has. */
    private static final String PASSED_TWICE = """
            long value = 4;
            __asm__(".text\\n.type leaf,@function\\nleaf: mov value(%rip), %rax\\nret\\n.size leaf, .-leaf\\n"
                ".globl work\\n.type work,@function\\nwork: push %rbx\\nmov %rdi, %rbx\\nmov %rdi, %rsi\\ncall leaf\\n"
                "mov %rbx, %rdi\\nTHIRD\\ncall ldiv@PLT\\npop %rbx\\nret\\n.size work, .-work");
            long work(long a);
            int main(int n, char** v) { return (int)work(n); }
            """;
    private static final String OTHER_CODE = "long leaf(%s) { char text[64]; snprintf(text, sizeof text, \"%%ld\", %s);"
            + " return text[0]; }\n";

    @TempDir
    private Path directory;

    private Path compile(String compiler, String output, String source, String... options) throws Exception {
        Path text = Files.writeString(directory.resolve(output + ".c"), source);
        List<String> command = new ArrayList<>(List.of(compiler, "-Wl,--build-id=sha1", "-o",
                directory.resolve(output).toString(), text.toString()));
        command.addAll(List.of(options));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(log).isZero();
        return directory.resolve(output);
    }

    private List<Finding> findings(String compiler, String program, String patch, String... options) throws Exception {
        Path target = compile(compiler, "program", program, options);
        Path fix = compile("gcc", "fix.so", "#include <stdio.h>\n" + patch, "-O2", "-g", "-shared", "-fPIC");
        return PlainPatch.of(target, fix).analyse().findings().stream()
                .filter(finding -> finding.check() == Check.CONVENTION).toList();
    }

    @Test
    void registersThatACallerReliesOnAreNamed() throws Exception {
        List<Finding> found = findings("gcc", KEPT, String.format(OTHER_CODE, "long a", "a"), "-O2", "-g");
        assertThat(found).isNotEmpty();
        assertThat(found.getFirst().message()).contains("work").contains("rcx").contains("read at");
        assertThat(found.getFirst().places()).isNotEmpty();
        assertThat(found.getFirst().remedies()).contains(new Remedy.AllowCheck(Check.CONVENTION));
    }

    @ParameterizedTest
    @CsvSource({"'', 1", "'mov %rax, %rsi', 0"})
    void valuesInTheRegistersOfParametersThatWereLeftOutCount(String after, int found) throws Exception {
        List<Finding> findings = findings("gcc", KEPT_IN_PLACE.replace("AFTER", after),
                String.format(OTHER_CODE, "long a, long b", "a"), "-O2");
        assertThat(findings).hasSize(found)
                .allSatisfy(finding -> assertThat(finding.message()).contains("work in rsi"));
    }

    @Test
    void codeThatUsesNoOtherRegistersIsFine() throws Exception {
        assertThat(findings("gcc", KEPT, "long leaf(long a) { return a & 63; }", "-O2", "-g")).isEmpty();
    }

    @Test
    void withoutTheOptionNothingIsFound() throws Exception {
        assertThat(findings("gcc", KEPT, String.format(OTHER_CODE, "long a", "a"), "-O2", "-g", "-fno-ipa-ra",
                "-fno-ipa-stack-alignment")).isEmpty();
        assertThat(findings("gcc", KEPT, String.format(OTHER_CODE, "long a", "a"), "-O2", "-g", "-flive-patching"))
                .isEmpty();
        assertThat(findings("clang", KEPT, String.format(OTHER_CODE, "long a", "a"), "-O2", "-g")).isEmpty();
    }

    @Test
    void callersThatAreReplacedTooDoNotCount() throws Exception {
        assertThat(findings("gcc", KEPT, String.format(OTHER_CODE, "long a", "a")
                + "long work(long a, long b, long c, long d, long e) { return leaf(a) + b + c + d + e; }", "-O2", "-g",
                "-fno-ipa-stack-alignment")).isEmpty();
    }

    @Test
    void aStackThatIsNotAlignedIsFound() throws Exception {
        List<Finding> found = findings("gcc", MISALIGNED, String.format(OTHER_CODE, "long a", "a"), "-O2", "-g");
        assertThat(found).hasSize(1);
        assertThat(found.getFirst().message()).contains("not aligned").contains("work");
        assertThat(findings("gcc", MISALIGNED, "long leaf(long a) { return a; }", "-O2", "-g")).isEmpty();
        assertThat(findings("gcc", MISALIGNED, "__attribute__((force_align_arg_pointer)) "
                + String.format(OTHER_CODE, "long a", "a"), "-O2", "-g")).isEmpty();
        assertThat(findings("gcc", MISALIGNED, String.format(OTHER_CODE, "long a", "a"), "-O2", "-g",
                "-fno-ipa-stack-alignment")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-g", "-g0"})
    void argumentsThatClangLeavesOutAreFound(String debug) throws Exception {
        String code = "long leaf(long a, long b, long c) { return a + b + c; }";
        assertThat(findings("clang", DROPPED, code, "-O2", debug)).hasSize(1);
        assertThat(findings("clang", DROPPED, code, "-O1", debug)).hasSize(1);
        assertThat(findings("clang", DROPPED.replace("long unused", "volatile long unused"), code, "-O0", debug))
                .isEmpty();
    }

    /** The patch hands the pointer on to another function, which follows it. */
    @ParameterizedTest
    @ValueSource(strings = {"-g", "-g0"})
    void pointersThatClangFollowsForTheFunctionAreFound(String debug) throws Exception {
        String code = "__attribute__((noipa)) static long inner(const long* p) { return *p + 1; }\n"
                + "long leaf(const long* p) { return inner(p) + 1; }";
        assertThat(findings("clang", PROMOTED, code, "-O3", debug)).hasSize(1);
        assertThat(findings("clang", PROMOTED, code, "-O0", debug)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'movzbl %sil, %edi', 1", "'mov $7, %edi', 1", "'xor %edi, %edi', 0", "'lea value(%rip), %rdi', 0",
            "'mov %rsi, %rdi', 0"})
    void numbersWhereTheNewCodeWantsAddressesAreFound(String passed, int found) throws Exception {
        String program = PASSED.replace("CODE", passed);
        String code = "long leaf(const long* p, long b) { return *p + b; }";
        assertThat(findings("gcc", program.replace(".type leaf", ".globl leaf\\n.type leaf"), code, "-O2"))
                .hasSize(found);
        assertThat(findings("gcc",
                program.replace("CODE", passed) + "long leaf(long, long); void* volatile taken = leaf;\n",
                code, "-O2")).hasSize(found);
        assertThat(findings("gcc", program, code, "-O2")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-g", "-g0"})
    void copiesThatGccHasMadeHaveParametersOfTheirOwn(String debug) throws Exception {
        Path target = compile("gcc", "program", SPLIT, "-w", "-O2", debug);
        String copy;
        try (ElfFile elf = ElfFile.open(target)) {
            copy = elf.symbols().stream().map(ElfSymbol::name).filter(name -> name.startsWith("leaf.")).findFirst()
                    .orElseThrow();
        }
        assertThat(copy).contains(".isra");
        compile("gcc", "fix.so", """
                struct pair { long a, b; };
                void reads(const struct pair* p, long b) { *(volatile long*)&p->a; }
                void reads_not(const struct pair* p, long b) {}
                """, "-O2", "-g", "-shared", "-fPIC");
        try (LaunchedProcess victim = LiveProcess.launch(target.toString())) {
            assertThat(victim.output().orElseThrow().read()).isEqualTo('x');
            assertThat(conventions(victim, copy, "reads")).hasSize(1).first().asString().contains(copy);
            assertThat(conventions(victim, copy, "reads_not")).isEmpty();
        }
    }

    /** A third argument tells that there is a second one. The remainder of a division is none. */
    @ParameterizedTest
    @CsvSource({"'mov $5, %edx', 1", "'', 0", "'xor %edx, %edx\\ndiv %rbx', 0"})
    void theLastArgumentTellsOfThoseBeforeIt(String third, int found) throws Exception {
        List<Finding> findings = findings("gcc", PASSED_TWICE.replace("THIRD", third.replace("\n", "\\n")),
                String.format(OTHER_CODE, "long a, long b", "4L"), "-O2");
        assertThat(findings).hasSize(found)
                .allSatisfy(finding -> assertThat(finding.message()).contains("work in rsi"));
    }

    /** clang leaves out six parameters before the last, which is passed in a register then. */
    @ParameterizedTest
    @ValueSource(strings = {"-g", "-g0"})
    void argumentsOnTheStackAreLookedAt(String debug) throws Exception {
        String program = """
                long seed;
                __attribute__((noinline)) static long leaf(long a, long b, long c, long d, long e, long f, long last)
                {
                    return last * 3 + seed;
                }
                __attribute__((noinline)) long work(long a) { return leaf(1, 2, 3, 4, 5, 6, a) + leaf(6, 5, 4, 3, 2, 1, a + 1); }
                int main(int n, char** v) { return (int)work(n + (long)v); }
                """;
        String code = "long leaf(long a, long b, long c, long d, long e, long f, long last) { return last * 5; }";
        assertThat(findings("clang", program, code, "-O2", debug)).hasSize(1);
        assertThat(findings("clang", program, code.replace("last * 5", "5"), "-O2", "-g0")).isEmpty();
        assertThat(findings("clang", program, code, "-O0", "-g")).isEmpty();
    }

    /** clang leaves out one structure and passes the members of another one, or the whole in the place of the first. */
    @ParameterizedTest
    @ValueSource(strings = {"-g", "-g0"})
    void structuresInMemoryAreLookedAt(String debug) throws Exception {
        String program = """
                struct triple { long a, b, c; };
                long seed;
                struct triple table[4];
                __attribute__((noinline)) static long leaf(struct triple p, struct triple q, long* r) { return BODY + *r; }
                __attribute__((noinline)) long work(long a) { return leaf(table[0], table[a & 3], &seed) + leaf(table[1], table[2], &seed); }
                int main(int n, char** v) { return (int)work(n + (long)v); }
                """;
        String code = "struct triple { long a, b, c; };\n"
                + "long leaf(struct triple p, struct triple q, long* r) { return q.c * 5 + *r; }";
        for (String body : List.of("q.c * 3", "p.a + q.c",
                "(q.a ^ q.b ^ q.c ^ (long)__builtin_frame_address(0) & 0)")) {
            assertThat(findings("clang", program.replace("BODY", body), code, "-O2", debug)).as(body).hasSize(1);
        }
        assertThat(findings("clang", program.replace("BODY", "q.c"), code.replace("q.c * 5 + *r", "5"), "-O2", debug))
                .isEmpty();
        assertThat(findings("clang", program.replace("BODY", "q.c"), code, "-O0", "-g")).isEmpty();
    }

    /** What the pointer leads to is not needed, but reading it would fault. */
    @ParameterizedTest
    @ValueSource(strings = {"-g", "-g0"})
    void addressesThatAreFollowedForNothingCount(String debug) throws Exception {
        String code = "long leaf(const long* p) { long q; __asm__ volatile(\"mov (%1), %0\" : \"=r\"(q) : \"r\"(p)); return 1; }";
        assertThat(findings("clang", PROMOTED, code, "-O3", debug)).hasSize(1);
        assertThat(findings("clang", PROMOTED, code, "-O0", debug)).isEmpty();
    }

    @Test
    void registersOfParametersThatACopyHasNotCount() throws Exception {
        Path target = compile("gcc", "program", KEPT_FOR_ANOTHER, "-w", "-O2");
        compile("gcc", "fix.so", "void use(void); long leaf(long a, long b) { use(); return 4; }\n"
                + "__attribute__((noinline)) void use(void) { __asm__ volatile(\"xor %%esi, %%esi\" ::: \"rsi\"); }",
                "-O2", "-g",
                "-shared", "-fPIC");
        try (LaunchedProcess victim = LiveProcess.launch(target.toString())) {
            assertThat(victim.output().orElseThrow().read()).isEqualTo('x');
            assertThat(conventions(victim, "leaf.constprop.0", "leaf")).hasSize(1).first().asString()
                    .contains("work in rsi");
        }
    }

    private List<Finding> conventions(LaunchedProcess victim, String function, String replacement) throws Exception {
        try (LiveProcess process = LiveProcess.attach(victim.pid())) {
            return process
                    .plan(LivePatch.of(directory.resolve("fix.so")).target("program").replace(function, replacement))
                    .refusals().stream().flatMap(refusal -> refusal instanceof Refusal.Unsafe unsafe
                            ? Stream.of(unsafe.finding())
                            : Stream.empty())
                    .filter(finding -> finding.check() == Check.CONVENTION).toList();
        }
    }

    @Test
    @Tag("slow")
    void equalFunctionsOfRandomProgramsChangeNothing() throws Exception {
        ConventionSoak soak = new ConventionSoak(directory, List.of("gcc", "clang"), false);
        for (int seed = 1; seed <= 4; seed++) {
            soak.run(seed, Files.createDirectory(directory.resolve("seed" + seed)));
        }
        assertThat(soak.changed()).as(soak.toString()).isZero();
        assertThat(soak.replaced()).as(soak.toString()).isPositive();
        assertThat(soak.refused()).as(soak.toString()).isPositive();
    }
}
