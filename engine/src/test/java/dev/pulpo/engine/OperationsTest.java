package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.TargetLock;
import dev.pulpo.ffm.ProcessLock;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Operations on one process wait for each other, end when their caller is interrupted, and keep the process attached. */
class OperationsTest {
    private static final Duration LONG = Duration.ofSeconds(60);
    private static final int TOOLS = 6;
    private static final int CHANGES = 200;

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

    private static LivePatch lingering() {
        return LivePatch.of(victims.fix(6)).target("libanswer.so").replace("linger", "fixed_second");
    }

    /** An operation on a thread of its own. */
    private static final class Running {
        private final FutureTask<Outcome> result;
        private final Thread thread;
        private final CompletableFuture<Boolean> flag = new CompletableFuture<>();

        Running(java.util.concurrent.Callable<Outcome> operation) {
            result = new FutureTask<>(operation);
            thread = Thread.ofPlatform().start(() -> {
                result.run();
                flag.complete(Thread.currentThread().isInterrupted());
            });
        }

        Outcome outcome() throws Exception {
            return result.get(LONG.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void secondWaitsForTheFirstAndSaysSo() throws Exception {
        CompletableFuture<String> told = new CompletableFuture<>();
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.awaitOthers(told::complete);
            Running second;
            try (ProcessLock first = TargetLock.of(server.pid())) {
                assertThat(first.isOfAProcess()).isTrue();
                second = new Running(() -> process.apply(fix(2), Consistency.functionQuiescent(LONG)));
                assertThat(told.get(LONG.toSeconds(), TimeUnit.SECONDS)).contains("waits until another Pulpo",
                        "process " + server.pid(), "process " + ProcessHandle.current().pid());
                assertThat(server.ask("answer")).isEqualTo("1");
            }
            assertThat(second.outcome().kind()).isEqualTo(Outcome.Kind.APPLIED);
            assertThat(server.ask("answer")).isEqualTo("2");
        }
    }

    @Test
    void secondGivesUpAfterItsTimeout() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid());
                ProcessLock first = TargetLock.of(server.pid())) {
            assertThat(first.isOfAProcess()).isTrue();
            PatchPlan plan = process.plan(fix(3));
            assertThatThrownBy(() -> process.apply(plan, Consistency.functionQuiescent(Duration.ofMillis(50))))
                    .isInstanceOfSatisfying(RefusedException.class,
                            e -> assertThat(e.refusals()).hasOnlyElementsOfType(Refusal.InUse.class));
            process.awaitOthers(Duration.ZERO, words -> {});
            assertThatThrownBy(() -> process.apply(plan, Consistency.functionQuiescent(LONG)))
                    .isInstanceOf(RefusedException.class);
        }
    }

    /** What another tool writes between a look at the records and one at the code is no surprise. */
    @Test
    void plansAndListsBesideOtherToolsAreTrue() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProcess other = LiveProcess.attach(server.pid())) {
            FutureTask<Integer> tool = new FutureTask<>(() -> {
                int changes = 0;
                while (!Thread.currentThread().isInterrupted() && changes < CHANGES) {
                    Outcome outcome = other.apply(fix(changes % 2), Consistency.functionQuiescent(LONG));
                    other.revert(outcome.patch());
                    changes++;
                }
                return changes;
            });
            Thread thread = Thread.ofPlatform().start(tool);
            int plans = 0;
            do {
                assertThat(process.plan(fix(7)).refusals()).as("plan " + plans).isEmpty();
                assertThat(process.patches()).extracting(AppliedPatch::status).as("list " + plans)
                        .doesNotContain(AppliedPatch.Status.NOT_IN_FORCE);
                assertThat(process.otherPatcher()).as("look " + plans).isEmpty();
                plans++;
            } while (!tool.isDone());
            assertThat(tool.get()).isEqualTo(CHANGES);
            assertThat(plans).isGreaterThan(1);
            thread.join();
        }
    }

    @Test
    void threadsOfOneJvmQueue() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProcess sameProcess = LiveProcess.attach(server.pid());
                ExecutorService tools = Executors.newFixedThreadPool(TOOLS)) {
            List<CompletableFuture<Outcome>> running = new ArrayList<>();
            CountDownLatch begin = new CountDownLatch(TOOLS);
            for (int i = 0; i < TOOLS; i++) {
                LivePatch patch = fix(100 + i);
                LiveProcess tool = i % 2 == 0 ? process : sameProcess;
                running.add(CompletableFuture.supplyAsync(() -> {
                    begin.countDown();
                    try {
                        begin.await();
                        return tool.apply(patch, Consistency.functionQuiescent(LONG));
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }, tools));
            }
            for (CompletableFuture<Outcome> each : running) {
                assertThat(each.get(LONG.toSeconds(), TimeUnit.SECONDS).kind()).isEqualTo(Outcome.Kind.APPLIED);
            }
            assertThat(process.patches()).hasSize(TOOLS);
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    /** The thread inside never leaves, so only the interrupt ends the operation. */
    @Test
    void interruptEndsABlockedOperationWithEverythingUndone() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            PatchPlan plan = process.plan(lingering());
            Running apply = new Running(() -> process.apply(plan, Consistency.functionQuiescent(LONG)));
            Await.that("the patch is loaded", () -> isLoaded(process));
            apply.thread.interrupt();
            assertThatThrownBy(apply::outcome).hasCauseInstanceOf(OperationInterruptedException.class)
                    .hasMessageContaining("interrupted; nothing is changed");
            assertThat(apply.flag.get()).isTrue();
            assertThat(isLoaded(process)).isFalse();
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("leave")).isEqualTo("out");
            assertThat(process.apply(lingering()).kind()).isEqualTo(Outcome.Kind.APPLIED);
        }
    }

    private static boolean isLoaded(LiveProcess process) {
        return process.libraries().stream().anyMatch(library -> library.path().endsWith("fix6.so"));
    }

    @Test
    void interruptLetsThreadsChangeBack() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            PatchPlan plan = process.plan(lingering());
            Running apply = new Running(() -> process.apply(plan, Consistency.perThread(LONG)));
            Await.that("threads change", () -> process.patches().stream()
                    .anyMatch(patch -> patch.status() == AppliedPatch.Status.IN_TRANSITION));
            apply.thread.interrupt();
            assertThatThrownBy(apply::outcome).hasCauseInstanceOf(OperationInterruptedException.class);
            assertThat(process.transition()).isEmpty();
            assertThat(process.patches()).isEmpty();
        }
    }

    /** An interrupt closes files that are read, and then plans would be made of what is left. */
    @Test
    void interruptedCallerGetsNoPlan() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = fix(4);
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> process.plan(patch)).isInstanceOf(OperationInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(process.plan(patch).isApplicable()).isTrue();
        }
    }

    @Test
    void interruptedCallerChangesNothing() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(fix(4));
            Thread.currentThread().interrupt();
            assertThatThrownBy(() -> process.apply(plan, Consistency.functionQuiescent(LONG)))
                    .isInstanceOf(OperationInterruptedException.class);
            assertThat(Thread.interrupted()).isTrue();
            assertThat(server.ask("answer")).isEqualTo("1");
            assertThat(process.apply(plan, Consistency.functionQuiescent(LONG)).kind())
                    .isEqualTo(Outcome.Kind.APPLIED);
        }
    }

    @Test
    void interruptedTransactionIsUndoneEverywhere() throws Exception {
        try (RunningServer free = RunningServer.preloaded(victims.server(), "1", "sleep");
                RunningServer blocked = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess first = LiveProcess.attach(free.pid());
                LiveProcess second = LiveProcess.attach(blocked.pid())) {
            assertThat(blocked.ask("linger")).isEqualTo("in");
            java.util.Map<LiveProcess, List<PatchPlan>> plans = new java.util.LinkedHashMap<>();
            plans.put(first, first.plan(List.of(lingering())));
            plans.put(second, second.plan(List.of(lingering())));
            CompletableFuture<TransactionReport> report = new CompletableFuture<>();
            Thread tool = Thread.ofPlatform().start(() -> report
                    .complete(Transaction.apply(plans, Consistency.functionQuiescent(LONG))));
            Await.that("the second process has loaded the patch", () -> isLoaded(second));
            tool.interrupt();
            assertThat(report.get(LONG.toSeconds(), TimeUnit.SECONDS).failure())
                    .containsInstanceOf(OperationInterruptedException.class);
            for (LiveProcess process : List.of(first, second)) {
                assertThat(process.patches()).isEmpty();
                assertThat(isLoaded(process)).isFalse();
            }
        }
    }

    @Test
    void closeWaitsForOperations() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep")) {
            LiveProcess process = LiveProcess.attach(server.pid());
            CompletableFuture<String> told = new CompletableFuture<>();
            process.awaitOthers(told::complete);
            Running apply;
            Thread closing;
            try (ProcessLock other = TargetLock.of(server.pid())) {
                assertThat(other.isOfAProcess()).isTrue();
                apply = new Running(() -> process.apply(fix(8), Consistency.functionQuiescent(LONG)));
                assertThat(told.get(LONG.toSeconds(), TimeUnit.SECONDS)).isNotEmpty();
                closing = Thread.ofPlatform().start(process::close);
                Await.that("close waits", () -> closing.getState() == Thread.State.WAITING);
            }
            assertThat(apply.outcome().kind()).isEqualTo(Outcome.Kind.APPLIED);
            closing.join();
            assertThat(server.ask("answer")).isEqualTo("8");
            assertThatThrownBy(process::patches).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("is closed");
            process.close();
        }
    }
}
