package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The callbacks of patches are called when they should be, once, and in their order. */
class CallbacksTest {
    @TempDir
    static Path directory;
    static Called called;

    @BeforeAll
    static void build() throws Exception {
        called = new Called(directory);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void beforeAndAfter(boolean preloaded) throws Exception {
        try (RunningServer server = preloaded ? called.start() : called.startWithoutStub();
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = called.patch("a", 2);
            process.apply(patch);
            assertThat(server.ask("log")).isEqualTo("<a+a");
            assertThat(server.ask("answer")).isEqualTo("2");
            assertThat(process.revert(patch.id()).unloaded()).isTrue();
            assertThat(server.ask("log")).isEqualTo("<a+a-a>a");
            assertThat(server.ask("answer")).isEqualTo("1");
            process.apply(patch);
            assertThat(server.ask("log")).isEqualTo("<a+a-a>a<a+a");
        }
    }

    @Test
    void refusalLeavesEverythingAsItWas() throws Exception {
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            Called.gate(server, Called.At.BEFORE_APPLY, 3);
            assertThatThrownBy(() -> process.apply(called.patch("a", 2))).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("refuses to be applied: no room for a")
                    .satisfies(refused -> assertThat(((RefusedException) refused).refusals()).singleElement()
                            .isInstanceOf(Refusal.CallbackRefused.class));
            assertThat(server.ask("log")).isEqualTo("<a");
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(process.patches()).isEmpty();
            assertThat(Called.isLoaded(server)).isFalse();
        }
    }

    @Test
    void severalPatchesStackAndOneOfThemRefusesForAll() throws Exception {
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch first = called.patch("a", 2);
            LivePatch second = called.patch("w", 3, "-DWITHOUT_BEFORE");
            LivePatch third = called.patch("c", 4);
            process.apply(process.plan(List.of(first, second, third)), Consistency.DEFAULT);
            assertThat(server.ask("log")).isEqualTo("<a<c+a+w+c");
            process.revert(List.of(first.id(), second.id(), third.id()), Consistency.DEFAULT);
            assertThat(server.ask("log")).isEqualTo("<a<c+a+w+c-c-a>c>w>a");
            assertThat(Called.isLoaded(server)).isFalse();
        }
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch plain = called.patch("w", 3, "-DWITHOUT_BEFORE");
            List<LivePatch> patches = List.of(called.patch("a", 2), plain, called.patch("r", 5, "-DREFUSES"),
                    called.patch("d", 6));
            assertThatThrownBy(() -> process.apply(process.plan(patches), Consistency.DEFAULT))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("no room for r");
            assertThat(server.ask("log")).isEqualTo("<a<r>w>a");
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(Called.isLoaded(server)).isFalse();
        }
    }

    @Test
    void patchThatReplacesAnother() throws Exception {
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(called.patch("a", 2));
            process.apply(process.planInstead(List.of(called.patch("b", 3)), "target"), Consistency.DEFAULT);
            assertThat(server.ask("log")).isEqualTo("<a+a<b-a>a+b");
            assertThat(server.ask("answer")).isEqualTo("3");
            // What was to be replaced stays, and is told so.
            assertThatThrownBy(() -> process.apply(
                    process.planInstead(List.of(called.patch("r", 5, "-DREFUSES")), "target"), Consistency.DEFAULT))
                    .isInstanceOf(RefusedException.class);
            assertThat(server.ask("log")).isEqualTo("<a+a<b-a>a+b<r");
            assertThat(server.ask("answer")).isEqualTo("3");
        }
    }

    @Test
    void changeThatDoesNotComeAboutIsTakenBack() throws Exception {
        Consistency hasty = Consistency.functionQuiescent(Duration.ofMillis(300));
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = called.patch("a", 2).replace("linger", "fixed_linger");
            server.ask("linger");
            assertThatThrownBy(() -> process.apply(process.plan(patch), hasty)).isInstanceOf(BlockedException.class);
            assertThat(server.ask("log")).isEqualTo("<a>a");
            assertThat(server.ask("leave")).isEqualTo("out");
            LivePatch lingers = called.patch("l", 3).replace("linger", "linger_on");
            process.apply(lingers);
            server.ask("linger");
            assertThatThrownBy(() -> process.revert(List.of(lingers.id()), hasty)).isInstanceOf(BlockedException.class);
            assertThat(server.ask("log")).isEqualTo("<a>a<l+l-l+l");
            server.ask("leave");
            process.revert(lingers.id());
            assertThat(server.ask("log")).isEqualTo("<a>a<l+l-l+l-l>l");
        }
    }

    @Test
    void threadByThread() throws Exception {
        Consistency byThread = Consistency.perThread(Duration.ofMillis(300));
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = called.patch("l", 3).replace("linger", "linger_on");
            server.ask("linger");
            assertThatThrownBy(() -> process.apply(process.plan(patch), byThread))
                    .isInstanceOf(InTransitionException.class);
            assertThat(server.ask("log")).isEqualTo("<l");
            server.ask("leave");
            process.awaitTransition(Duration.ofSeconds(10));
            assertThat(server.ask("log")).isEqualTo("<l+l");
            server.ask("linger");
            assertThatThrownBy(() -> process.revert(patch.id(), byThread)).isInstanceOf(InTransitionException.class);
            assertThat(server.ask("log")).isEqualTo("<l+l-l");
            process.reverseTransition(Duration.ofSeconds(10));
            assertThat(server.ask("log")).isEqualTo("<l+l-l+l");
            server.ask("leave");
            process.revert(patch.id(), Consistency.perThread(Duration.ofSeconds(10)));
            assertThat(server.ask("log")).isEqualTo("<l+l-l+l-l>l");
        }
    }

    @Test
    void callbackThatCrashesOrTakesTooLong() throws Exception {
        Consistency hasty = Consistency.functionQuiescent(Duration.ofMillis(300));
        try (RunningServer server = called.start(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = called.patch("a", 2);
            Called.gate(server, Called.At.BEFORE_APPLY, 2);
            assertThatThrownBy(() -> process.apply(patch)).isInstanceOf(BorrowedCallException.class)
                    .hasMessageContaining("pulpo_before_apply of patch").hasMessageContaining("SIGSEGV");
            assertThat(server.ask("log")).isEqualTo("<a");
            assertThat(process.patches()).isEmpty();
            Called.gate(server, Called.At.BEFORE_APPLY, 1);
            Called.Outside outside = Called.Outside.of(server);
            assertThatThrownBy(() -> process.apply(process.plan(patch), hasty))
                    .isInstanceOf(BorrowedCallException.class).hasMessageContaining("has not returned by the deadline");
            assertThat(outside.log()).isEqualTo("<a<a");
            assertThat(Called.isLoaded(server)).isTrue();
            // It returns by itself, and the next tool calls its counterpart.
            outside.open(Called.At.BEFORE_APPLY);
            assertThat(server.ask("answer")).isEqualTo("1");
            LivePatch other = called.patch("b", 3);
            process.apply(other);
            assertThat(server.ask("log")).isEqualTo("<a<a>a<b+b");
            Called.gate(server, Called.At.AFTER_REVERT, 2);
            assertThatThrownBy(() -> process.revert(other.id())).isInstanceOf(TargetUnreadableException.class)
                    .hasMessageContaining("is in force, and afterwards", "pulpo_after_revert");
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(process.patches()).isEmpty();
            Called.gate(server, Called.At.AFTER_REVERT, 0);
            Called.gate(server, Called.At.AFTER_APPLY, 2);
            assertThatThrownBy(() -> process.apply(patch)).isInstanceOf(TargetUnreadableException.class)
                    .hasMessageContaining("pulpo_after_apply");
            assertThat(server.ask("answer")).isEqualTo("2");
            Called.gate(server, Called.At.BEFORE_REVERT, 2);
            assertThatThrownBy(() -> process.revert(patch.id())).isInstanceOf(BorrowedCallException.class)
                    .hasMessageContaining("pulpo_before_revert");
            assertThat(server.ask("answer")).isEqualTo("2");
            Called.gate(server, Called.At.BEFORE_REVERT, 0);
            process.revert(patch.id());
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    @Test
    void severalProcesses() throws Exception {
        try (RunningServer one = called.start();
                RunningServer two = called.start();
                LiveProcess first = LiveProcess.attach(one.pid());
                LiveProcess second = LiveProcess.attach(two.pid())) {
            List<LivePatch> patches = List.of(called.patch("a", 2), called.patch("b", 3));
            Map<LiveProcess, List<PatchPlan>> plans = new LinkedHashMap<>();
            plans.put(first, first.plan(patches));
            plans.put(second, second.plan(patches));
            Called.gate(two, Called.At.BEFORE_APPLY, 3);
            TransactionReport refused = Transaction.apply(plans, Consistency.DEFAULT);
            assertThat(refused.isDone()).isFalse();
            assertThat(one.ask("log")).isEqualTo("<a<b>b>a");
            assertThat(two.ask("log")).isEqualTo("<a");
            assertThat(Called.isLoaded(one) || Called.isLoaded(two)).isFalse();
            Called.gate(two, Called.At.BEFORE_APPLY, 0);
            assertThat(Transaction.apply(plans, Consistency.DEFAULT).isDone()).isTrue();
            assertThat(one.ask("log")).isEqualTo("<a<b>b>a<a<b+a+b");
            assertThat(two.ask("log")).isEqualTo("<a<a<b+a+b");
            List<PatchId> ids = List.of(patches.getFirst().id(), patches.getLast().id());
            assertThat(Transaction.revert(Map.of(first, ids, second, ids), Consistency.DEFAULT).isDone()).isTrue();
            assertThat(one.ask("log")).isEqualTo("<a<b>b>a<a<b+a+b-b-a>b>a");
            assertThat(two.ask("log")).isEqualTo("<a<a<b+a+b-b-a>b>a");
            assertThat(Called.isLoaded(one) || Called.isLoaded(two)).isFalse();
        }
    }
}
