package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.ProcFs;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The time line of an operation agrees with its outcome. */
class TimelineTest {
    @TempDir
    static Path directory;

    private final Victims victims = new Victims(directory);

    private LivePatch patch() {
        return LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    private static List<Pause> of(Timeline timeline, Pause.Cause cause) {
        return timeline.pauses().stream().filter(pause -> pause.cause() == cause).toList();
    }

    private static boolean isIn(Pause pause, Timeline.Step step) {
        return step.from() <= pause.from() && pause.to() <= step.to();
    }

    private static Timeline.Step step(Timeline timeline, Phase phase) {
        return timeline.steps().stream().filter(step -> step.phase() == phase).findFirst().orElseThrow();
    }

    @Test
    void timeLineAgreesWithTheOutcome() throws Exception {
        TimelineRecorder recorder = new TimelineRecorder();
        try (RunningServer server = RunningServer.preloaded(victims.server(), "8", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.listen(recorder);
            Outcome outcome = process.apply(patch());
            Timeline timeline = recorder.timelines().getFirst();
            System.out.println(timeline);
            assertThat(timeline.pid()).isEqualTo(server.pid());
            assertThat(timeline.longest().orElseThrow().duration()).isEqualTo(outcome.pause());

            List<Pause> stops = of(timeline, Pause.Cause.STOP);
            assertThat(stops).hasSize(outcome.attempts());
            Pause last = stops.getLast();
            assertThat(last.threads()).hasSize(outcome.threads()).extracting(ThreadPause::tid)
                    .containsExactlyInAnyOrderElementsOf(ProcFs.threads(server.pid()));
            assertThat(last.duration()).as("from the first thread's interrupt to its release")
                    .isLessThanOrEqualTo(outcome.stop());
            assertThat(last.threads()).allSatisfy(thread -> assertThat(thread.duration()).isPositive());
            assertThat(stops).allMatch(stop -> isIn(stop, step(timeline, Phase.COMMIT)));

            assertThat(of(timeline, Pause.Cause.LOAN).stream().map(Pause::duration).reduce(Duration.ZERO,
                    Duration::plus)).isEqualTo(outcome.borrowed());
            assertThat(of(timeline, Pause.Cause.LOAN)).allMatch(loan -> loan.threads().size() == 1);
            assertThat(timeline.steps()).extracting(Timeline.Step::phase).containsSubsequence(Phase.PLAN, Phase.WAIT,
                    Phase.CHECK, Phase.LOAD, Phase.COMMIT);
            assertThat(timeline.names()).containsEntry(server.pid(), process.name());
            assertThat(timeline.to() - timeline.from()).isGreaterThanOrEqualTo(outcome.total().toNanos() / 2);
        }
    }

    /** Each attempt stops the process, and each of these stops is on the time line. */
    @Test
    void failedAttemptsAreOnTheTimeLine() throws Exception {
        TimelineRecorder recorder = new TimelineRecorder();
        List<Integer> attempts = new ArrayList<>();
        LivePatch patch = LivePatch.of(victims.fix(6)).target("libanswer.so").replace("linger", "fixed_second");
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            process.listen(recorder.and(new OperationListener() {
                @Override
                public void stopped(int pid, int attempt, Duration stop) {
                    attempts.add(attempt);
                }
            }));
            assertThatThrownBy(() -> process.apply(patch,
                    Consistency.functionQuiescent(Duration.ofMillis(300)))).isInstanceOf(BlockedException.class);
            Timeline timeline = recorder.timelines().getFirst();
            assertThat(of(timeline, Pause.Cause.STOP)).hasSameSizeAs(attempts).isNotEmpty()
                    .allMatch(stop -> isIn(stop, step(timeline, Phase.COMMIT)));
        }
    }

    /** A thread that is looked at alone pauses, too. */
    @Test
    void looksAtSingleThreadsAreOnTheTimeLine() throws Exception {
        TimelineRecorder recorder = new TimelineRecorder();
        try (RunningServer server = RunningServer.preloaded(victims.seats(false));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.listen(recorder);
            assertThat(server.ask("new 0")).isEqualTo("0");
            assertThat(server.ask("0 h")).as("a call in progress").isEqualTo("1");
            assertThatThrownBy(() -> process.apply(process.plan(victims.seatsFix(false, 2)),
                    Consistency.perThread(Duration.ofMillis(100)))).isInstanceOf(InTransitionException.class);
            assertThat(of(recorder.timelines().getFirst(), Pause.Cause.LOOK)).isNotEmpty()
                    .allMatch(look -> look.threads().size() == 1);
        }
    }

    @Test
    void bothOfTwoListenersAreTold() {
        List<String> told = new ArrayList<>();
        OperationListener failing = new OperationListener() {
            @Override
            public void phase(int pid, Phase phase, long from, long to) {
                throw new IllegalStateException("of the first");
            }
        };
        OperationListener second = new OperationListener() {
            @Override
            public void phase(int pid, Phase phase, long from, long to) {
                told.add(phase.words());
            }
        };
        assertThatThrownBy(() -> failing.and(second).phase(1, Phase.LOAD, 0, 1)).hasMessage("of the first");
        assertThat(told).containsExactly("load the patch");
        assertThat(OperationListener.NONE.and(second)).isSameAs(second);
        assertThat(second.and(OperationListener.NONE)).isSameAs(second);
    }
}
