package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ApplyRevertTest {
    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.server();
    }

    private static LivePatch fix(int value) {
        return LivePatch.of(victims.fix(value)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    @Test
    void preloadedProcessIsPatchedAndReverted() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "4", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.hasStub()).isTrue();
            assertThat(server.ask("answer")).isEqualTo("1");
            Outcome applied = process.apply(fix(42));
            System.out.println(applied);
            assertThat(applied.threads()).isEqualTo(5);
            assertThat(applied.injected()).isFalse();
            assertThat(server.ask("answer")).isEqualTo("42");
            assertThat(process.patches()).singleElement()
                    .satisfies(patch -> assertThat(patch.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
            Outcome reverted = process.revert(fix(42).id());
            System.out.println(reverted);
            assertThat(reverted.unloaded()).isTrue();
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(process.patches()).isEmpty();
            assertThat(process.messages()).hasSize(2);
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void processThatKnowsNothingIsInjected() throws Exception {
        try (RunningServer server = RunningServer.plain(victims.server(), "4", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.hasStub()).isFalse();
            Outcome applied = process.apply(fix(43));
            System.out.println(applied);
            assertThat(applied.injected()).isTrue();
            assertThat(server.ask("answer")).isEqualTo("43");
            process.revert(fix(43).id());
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void patchesStackAndAreRevertedInAnyOrder() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "2", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(fix(10));
            process.apply(fix(20));
            process.apply(fix(30));
            assertThat(server.ask("answer")).isEqualTo("30");
            process.revert(fix(20).id());
            assertThat(server.ask("answer")).isEqualTo("30");
            process.revert(fix(30).id());
            assertThat(server.ask("answer")).isEqualTo("10");
            process.revert(fix(10).id());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @Test
    void refusalsAreTypedAndChangeNothing() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch base = LivePatch.of(victims.fix(5));
            assertThat(process.plan(base.target("libnothere.so").replace("a", "b")).refusals())
                    .hasOnlyElementsOfType(Refusal.TargetNotLoaded.class);
            assertThat(process.plan(base.target("libanswer.so").replace("anser", "fixed_answer")).refusals())
                    .singleElement()
                    .isEqualTo(new Refusal.UnknownFunction(victims.library().toString(), "anser", List.of("answer")));
            assertThat(process.plan(base.target("libanswer.so").replace("answer", "fixed_anwser")).refusals())
                    .singleElement().isInstanceOf(Refusal.UnknownReplacement.class);
            assertThat(process.plan(fix(5).targetBuild("00ff")).refusals())
                    .singleElement().isInstanceOf(Refusal.BuildIdMismatch.class);
            process.apply(fix(5));
            assertThat(server.ask("answer")).isEqualTo("5");
        }
    }

    /** What is so already is done; but a patch that a newer one covers is not what callers get. */
    @Test
    void whatIsSoAlreadyIsDone() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.revert(fix(5).id()).kind()).isEqualTo(Outcome.Kind.NOT_IN_FORCE_ALREADY);
            assertThat(process.hasStub()).isTrue();
            assertThat(process.apply(fix(5)).kind()).isEqualTo(Outcome.Kind.APPLIED);
            PatchPlan again = process.plan(fix(5));
            assertThat(again.isApplicable()).isFalse();
            assertThat(again.isInForce()).isTrue();
            Outcome already = process.apply(again, Consistency.DEFAULT);
            assertThat(already.isAlready()).isTrue();
            assertThat(already.kind()).isEqualTo(Outcome.Kind.IN_FORCE_ALREADY);
            assertThat(already.attempts()).isZero();
            assertThat(process.patches()).hasSize(1);
            process.apply(fix(6));
            assertThatThrownBy(() -> process.apply(fix(5))).isInstanceOfSatisfying(RefusedException.class,
                    e -> assertThat(e.refusals()).hasOnlyElementsOfType(Refusal.Superseded.class));
            assertThat(server.ask("answer")).isEqualTo("6");
            assertThat(process.apply(process.plan(List.of(fix(5), fix(6))), Consistency.DEFAULT))
                    .hasSize(2).allMatch(Outcome::isAlready);
            assertThat(process.plan(List.of(fix(6), fix(5))).getLast().isInForce()).isFalse();
            process.revert(fix(6).id());
            assertThat(process.revert(fix(6).id()).isAlready()).isTrue();
            assertThat(process.apply(fix(5)).isAlready()).isTrue();
            assertThat(server.ask("answer")).isEqualTo("5");
        }
    }

    @Test
    void threadInsideTheFunctionBlocksAndIsNamed() throws Exception {
        LivePatch patch = LivePatch.of(victims.fix(6)).target("libanswer.so").replace("linger", "fixed_second");
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            assertThatThrownBy(() -> process.apply(process.plan(patch),
                    Consistency.functionQuiescent(Duration.ofMillis(200))))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers())
                            .singleElement().isInstanceOfSatisfying(Blocker.InsideFunction.class,
                                    inside -> assertThat(inside.function()).isEqualTo("linger")));
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(process.plan(patch), Consistency.functionQuiescent(Duration.ofSeconds(5)));
            assertThat(process.patches()).hasSize(1);
        }
    }

    @Test
    void processThatEndsIsGone() {
        RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            server.close();
            assertThatThrownBy(() -> process.apply(fix(7))).isInstanceOf(TargetGoneException.class);
        }
        assertThatThrownBy(() -> LiveProcess.attach(server.pid())).isInstanceOf(TargetGoneException.class);
    }

    @Test
    void childOfProcessBuilderIsRefusedWithTheRemedy() throws Exception {
        Process child = new ProcessBuilder("sleep", "60").start();
        try {
            assertThatThrownBy(() -> LiveProcess.attach((int) child.pid()))
                    .isInstanceOf(AccessRefusedException.class).hasMessageContaining("LiveProcess.launch");
        } finally {
            child.destroyForcibly().waitFor();
        }
    }
}
