package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.Launcher;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Of an indirect function that one is replaced that it chooses, whether it has been used in the process or not. */
class IndirectFunctionTest {
    @TempDir
    static Path directory;
    static Path program;
    static Victims victims;

    @BeforeAll
    static void build() throws Exception {
        victims = new Victims(directory);
        victims.compiled("libindirect.so", "indirect.c", "-shared", "-fPIC", "-Wl,-soname,libindirect.so");
        program = victims.compiled("indirect_main", "indirect_main.c", "-L" + directory, "-lindirect",
                "-Wl,-rpath," + directory, "-Wl,-z,lazy", "-fno-builtin");
    }

    private static LivePatch patch(String function, String replacement, int value) throws Exception {
        Path file = directory.resolve("indirect_fix" + value + ".so");
        if (!file.toFile().exists()) {
            victims.compiled(file.getFileName().toString(), "indirect_fix.c", "-shared", "-fPIC", "-fno-builtin",
                    "-fno-tree-loop-distribute-patterns", "-fcf-protection=full", "-DVALUE=" + value);
        }
        return LivePatch.of(file).target("libindirect.so").replace(function, replacement);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void oneThatNobodyHasUsedYetIsAskedWhenThePlanIsApplied(boolean preloaded) throws Exception {
        LivePatch patch = patch("pick", "fixed_int", 1000);
        try (RunningServer server = preloaded ? RunningServer.preloaded(program) : RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch);
            assertThat(plan.refusals()).isEmpty();
            assertThat(plan.functions()).isEmpty();
            assertThat(plan.unresolved()).singleElement().satisfies(one -> {
                assertThat(one.function()).isEqualTo("pick");
                assertThat(process.where(one.resolver()).toString()).contains("pick+0x0");
            });
            assertThat(plan.toString()).contains("nobody in the process has used yet", "on a borrowed thread");
            assertThat(server.ask("asked")).as("planning calls nothing").isEqualTo("0");

            assertThat(process.apply(plan, Consistency.DEFAULT).functions()).containsExactly("pick");
            assertThat(server.ask("asked")).isEqualTo("1");
            assertThat(server.ask("errno")).isEqualTo("77");
            assertThat(server.ask("pick 5")).isEqualTo("1005");
            assertThat(server.ask("asked")).as("now the loader has bound it").isEqualTo("2");
            assertThat(process.patches()).singleElement()
                    .satisfies(one -> assertThat(one.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
            process.revert(patch.id());
            assertThat(server.ask("pick 5")).isEqualTo("105");
            assertThat(process.plan(patch).unresolved()).as("a slot says it").isEmpty();
            process.apply(patch);
            assertThat(server.ask("pick 5")).isEqualTo("1005");
            assertThat(server.ask("asked")).isEqualTo("2");
            process.revert(patch.id());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, pick, pick 5, 105", "0, inner, inner 5, 305", "1, inner, inner 5, 305"})
    void oneThatIsBoundIsReadFromItsSlots(String now, String function, String question, String before)
            throws Exception {
        LivePatch patch = patch(function, "fixed_int", 2000);
        Launcher launcher = LiveProcess.launcher(List.of(program.toString()));
        if (now.equals("1")) {
            launcher.environment("LD_BIND_NOW", "1");
        }
        try (RunningServer server = RunningServer.of(launcher);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            String asked = server.ask("asked");
            PatchPlan plan = process.plan(patch);
            assertThat(plan.unresolved()).isEmpty();
            assertThat(plan.functions()).hasSize(1);
            process.apply(plan, Consistency.DEFAULT);
            assertThat(server.ask(question)).isEqualTo("2005");
            process.revert(patch.id());
            assertThat(server.ask(question)).isEqualTo(before);
            assertThat(server.ask("asked")).isEqualTo(asked);
        }
    }

    @Test
    void severalAreAskedOnOneBorrowedThreadTogetherWithOthersThatAreKnown() throws Exception {
        LivePatch patch = patch("pick", "fixed_int", 3000).replace("idle", "fixed_int").replace("inner", "fixed_int")
                .replace("call_inner", "fixed_int");
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch);
            assertThat(plan.unresolved()).extracting(UnresolvedFunction::function).containsExactly("pick", "idle");
            assertThat(process.apply(plan, Consistency.perThread(java.time.Duration.ofSeconds(5))).functions())
                    .containsExactly("pick", "idle", "inner", "call_inner");
            assertThat(server.ask("pick 5")).isEqualTo("3005");
            assertThat(server.ask("inner 5")).isEqualTo("3005");
            process.revert(patch.id());
            assertThat(server.ask("pick 5")).isEqualTo("105");
            assertThat(server.ask("inner 5")).isEqualTo("305");
        }
    }

    @ParameterizedTest
    @CsvSource({"elsewhere, 'where no function of', RefusedException", "none, has chosen none, RefusedException",
            "faulty, SIGSEGV, BorrowedCallException"})
    void whatAResolverDoesInsteadOfChoosingIsSaidAndChangesNothing(String function, String words, String exception)
            throws Exception {
        LivePatch patch = patch(function, "fixed_int", 4000);
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(patch).isApplicable()).isTrue();
            assertThatThrownBy(() -> process.apply(patch)).hasMessageContaining(words)
                    .satisfies(e -> assertThat(e.getClass().getSimpleName()).isEqualTo(exception));
            assertThat(process.patches()).isEmpty();
            assertThat(process.libraries()).extracting(Library::path).doesNotContain(patch.file().toString());
            assertThat(server.ask("errno")).isEqualTo("77");
            // The loader's lock is free, and a thread can be borrowed.
            LivePatch good = patch("pick", "fixed_int", 5000);
            process.apply(good);
            assertThat(server.ask("pick 5")).isEqualTo("5005");
        }
    }

    /** They are used all the time, by the loader and by the C library itself. */
    @ParameterizedTest
    @CsvSource({"strlen, strlen, 5, 6000", "memcpy@GLIBC_2.14, memcpy, 112, 80"})
    void thoseOfTheCLibraryAreReplacedUnderItsFeet(String function, String question, String before, String after)
            throws Exception {
        LivePatch patch = patch(function, "fixed_" + question, 6000).target("libc.so.6");
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch);
            assertThat(plan.unresolved()).isEmpty();
            if (!plan.isApplicable()) {
                // Some of the variants of memcpy begin with bytes that others jump to.
                assertThat(plan.refusals()).singleElement().isInstanceOfSatisfying(Refusal.NotPatchable.class,
                        refusal -> assertThat(refusal.reason()).contains("branches to its first bytes"));
                assertThat(question).isEqualTo("memcpy");
                return;
            }
            for (int i = 0; i < 5; i++) {
                process.apply(patch);
                assertThat(server.ask(question)).isEqualTo(after);
                process.revert(patch.id());
                assertThat(server.ask(question)).isEqualTo(before);
            }
        }
    }
}
