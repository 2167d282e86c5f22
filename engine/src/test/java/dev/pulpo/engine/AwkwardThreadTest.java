package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that wait where stacks are unusual: inside the function that changes they block, outside they do not. */
class AwkwardThreadTest {
    private static final Consistency BRIEFLY = Consistency.functionQuiescent(Duration.ofMillis(300));

    @TempDir
    static Path directory;
    static Path program;
    static LivePatch patch;

    @BeforeAll
    static void build() {
        Victims victims = new Victims(directory);
        program = victims.program("awkward.c", "-pthread", "-fpatchable-function-entry=16,14");
        patch = LivePatch.of(victims.fix(2)).target("exe").replace("visited", "fixed_answer");
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"small,true", "handler,true", "coroutine,true", "framed,true", "popped,true",
            "nocfi,false", "general,false"})
    void threadInsideBlocksUntilItHasLeft(String place, boolean known) throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, place, "in");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            int tid = Integer.parseInt(server.ask("tid"));
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class,
                            e -> assertThat(e.blockers()).singleElement().satisfies(blocker -> {
                                assertThat(blocker.tid()).isEqualTo(tid);
                                if (known) {
                                    assertThat(blocker).isInstanceOf(Blocker.InsideFunction.class);
                                    assertThat(blocker.message()).contains("visited");
                                } else {
                                    assertThat(blocker).isInstanceOf(Blocker.UnknownStack.class);
                                    assertThat(blocker.message())
                                            .contains(place.equals("nocfi") ? "without_cfi" : place);
                                }
                            }));
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
            process.revert(patch.id());
            assertThat(server.ask("visit")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"small", "handler", "nocfi"})
    void threadOutsideIsNoObstacle(String place) throws Exception {
        threadOutsideIsNoObstacle(place, "out");
    }

    private static void threadOutsideIsNoObstacle(String place, String where) throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, place, where);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
            process.revert(patch.id());
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
        }
    }

    /** What points into the function is left over; to see that, the stack has to be followed. */
    @ParameterizedTest
    @ValueSource(strings = {"small", "handler", "framed", "popped"})
    void threadThatOnlySeemsInsideIsNoObstacle(String place) throws Exception {
        threadOutsideIsNoObstacle(place, "stale");
    }

    /** A frame pointer that is used for anything else, or might be, proves nothing. */
    @ParameterizedTest
    @ValueSource(strings = {"nocfi", "general", "jumped", "labelled"})
    void threadWhoseFramesAreNotProvenBlocks(String place) throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, place, "stale");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers()).singleElement()
                            .satisfies(blocker -> assertThat(blocker).isInstanceOf(Blocker.UnknownStack.class))
                            .satisfies(blocker -> assertThat(blocker.message())
                                    .contains("no call frame information for",
                                            place.equals("nocfi") ? "without_cfi" : place)));
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
        }
    }

    /** {@code pulpo stack} passes them, too. */
    @Test
    void stacksAreShownBeyondProvenFrames() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "popped", "in");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            int tid = Integer.parseInt(server.ask("tid"));
            assertThat(process.stacks()).filteredOn(stack -> stack.tid() == tid).singleElement().satisfies(stack -> {
                assertThat(stack.frames()).extracting(StackFrame::function).containsSubsequence("wait_from_assembly",
                        "popped", "visited");
                assertThat(stack.incomplete()).isEmpty();
            });
        }
    }

    /** That the interrupted program counter is 0 does not mean that the stack ends there: the caller of address 0 goes on. */
    @Test
    void threadThatHasCalledAddressZeroBlocks() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "nowhere", "in");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers()).singleElement()
                            .isInstanceOf(Blocker.UnknownStack.class));
            int tid = Integer.parseInt(server.ask("tid"));
            assertThat(process.stacks()).filteredOn(stack -> stack.tid() == tid).singleElement().satisfies(stack -> {
                assertThat(stack.frames().getLast().address().value()).isZero();
                assertThat(stack.incomplete()).isEqualTo("no call frame information describes 0x0");
            });
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }

    /** A stop at the instant at which a thrower goes to the handler would see a stack that is none. People are shown it. */
    @Test
    void threadThatThrowsIsNotTrusted() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "throwing", "in");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers()).singleElement()
                            .satisfies(blocker -> assertThat(blocker).isInstanceOf(Blocker.UnknownStack.class))
                            .satisfies(blocker -> assertThat(blocker.message()).contains("_Unwind_ForcedUnwind")));
            int tid = Integer.parseInt(server.ask("tid"));
            assertThat(process.stacks()).filteredOn(stack -> stack.tid() == tid).singleElement()
                    .satisfies(stack -> assertThat(stack.frames()).extracting(StackFrame::function)
                            .containsSubsequence("_Unwind_ForcedUnwind", "throwing", "visited"));
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }

    /** Where a stack of makecontext(3) begins nobody can tell what the thread will return to: perhaps the function. */
    @Test
    void coroutineIsNotTrusted() throws Exception {
        try (RunningServer server = RunningServer.preloaded(program, "coroutine", "out");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.apply(process.plan(patch), BRIEFLY))
                    .isInstanceOfSatisfying(BlockedException.class, e -> assertThat(e.blockers()).singleElement()
                            .isInstanceOf(Blocker.UnknownStack.class));
            assertThat(server.ask("visit")).isEqualTo("1");
            assertThat(server.ask("leave")).isEqualTo("out");
            process.apply(patch);
            assertThat(server.ask("visit")).isEqualTo("2");
        }
    }
}
