package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a listener is told of an operation, and that it cannot disturb one. */
class OperationListenerTest {
    @TempDir
    private Path directory;

    /** Writes down what it is told. */
    private static final class Recorder implements OperationListener {
        private final List<String> told = new ArrayList<>();

        @Override
        public void planned(List<PatchPlan> plans) {
            told.add("planned " + plans.size());
        }

        @Override
        public void loaded(int pid, PatchId patch, Duration borrowed) {
            assertThat(borrowed).isPositive();
            told.add("loaded");
        }

        @Override
        public void stopped(int pid, int attempt, Duration stop) {
            assertThat(stop).isPositive();
            told.add("stopped " + attempt);
        }

        @Override
        public void blocked(int pid, int attempt, List<Blocker> blockers) {
            told.add("blocked " + attempt + " " + blockers.getFirst().tid());
        }

        @Override
        public void committed(int pid, int attempts, Duration stop) {
            told.add("committed " + attempts);
        }
    }

    private LivePatch patch(Victims victims) {
        return LivePatch.of(victims.fix(7)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    @Test
    void stepsAreToldInTheirOrder() throws Exception {
        Victims victims = new Victims(directory);
        Recorder recorder = new Recorder();
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.listen(recorder);
            Outcome outcome = process.apply(patch(victims));
            assertThat(recorder.told).startsWith("planned 1", "loaded", "stopped 1")
                    .endsWith("stopped " + outcome.attempts(), "committed " + outcome.attempts());
            recorder.told.clear();
            process.revert(patch(victims).id());
            assertThat(recorder.told).first().isEqualTo("stopped 1");
            assertThat(recorder.told.getLast()).startsWith("committed ");
            process.listen(OperationListener.NONE);
            recorder.told.clear();
            process.apply(patch(victims));
            assertThat(recorder.told).isEmpty();
        }
    }

    @Test
    void blockersAreTold() throws Exception {
        Victims victims = new Victims(directory);
        Recorder recorder = new Recorder();
        LivePatch patch = LivePatch.of(victims.fix(6)).target("libanswer.so").replace("linger", "fixed_second");
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            process.listen(recorder);
            assertThatThrownBy(() -> process.apply(patch,
                    Consistency.functionQuiescent(Duration.ofMillis(300)))).isInstanceOf(BlockedException.class);
            assertThat(recorder.told).anyMatch(line -> line.matches("blocked \\d+ \\d+"))
                    .noneMatch(line -> line.startsWith("committed"));
        }
    }

    /** The patch is in force although the listener throws; its failure is not lost. */
    @Test
    void failureOfTheListenerChangesNothing() throws Exception {
        Victims victims = new Victims(directory);
        List<Throwable> failures = new CopyOnWriteArrayList<>();
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> failures.add(failure));
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.listen(new OperationListener() {
                @Override
                public void committed(int pid, int attempts, Duration stop) {
                    throw new IllegalStateException("of the listener");
                }
            });
            process.apply(patch(victims));
            assertThat(process.patches()).singleElement()
                    .matches(applied -> applied.status() == AppliedPatch.Status.IN_FORCE);
        } finally {
            Thread.setDefaultUncaughtExceptionHandler(before);
        }
        assertThat(failures).singleElement().matches(failure -> "of the listener".equals(failure.getMessage()));
    }
}
