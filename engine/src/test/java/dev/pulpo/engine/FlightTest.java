package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a recording of JDK Flight Recorder holds of operations. */
class FlightTest {
    @TempDir
    static Path directory;

    private final Victims victims = new Victims(directory);

    private interface Work {
        void run() throws Exception;
    }

    private static List<RecordedEvent> recorded(Work work) throws Exception {
        try (Recording recording = new Recording()) {
            recording.start();
            work.run();
            recording.stop();
            Path file = directory.resolve("recording.jfr");
            recording.dump(file);
            return events(file);
        }
    }

    private static List<RecordedEvent> events(Path file) throws IOException {
        return RecordingFile.readAllEvents(file).stream()
                .filter(event -> event.getEventType().getName().startsWith("dev.pulpo.")).toList();
    }

    private static List<RecordedEvent> of(List<RecordedEvent> events, String name) {
        return events.stream().filter(event -> event.getEventType().getName().equals("dev.pulpo." + name)).toList();
    }

    @Test
    void eventsAgreeWithTheOutcome() throws Exception {
        LivePatch patch = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
        try (RunningServer server = RunningServer.preloaded(victims.server(), "4", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Outcome[] outcomes = new Outcome[2];
            List<RecordedEvent> events = recorded(() -> {
                outcomes[0] = process.apply(patch);
                outcomes[1] = process.revert(patch.id());
            });
            assertThat(of(events, "Stop")).isNotEmpty().allMatch(event -> event.getInt("pid") == server.pid());
            assertThat(of(events, "Stop")).filteredOn(event -> event.getDuration("stop").equals(outcomes[0].stop()))
                    .singleElement().satisfies(event -> {
                        assertThat(event.getInt("threads")).isEqualTo(outcomes[0].threads());
                        assertThat(event.getDuration()).isGreaterThanOrEqualTo(outcomes[0].stop());
                        assertThat(event.getDuration("release")).isLessThan(outcomes[0].stop());
                    });
            assertThat(of(events, "Borrow").stream().map(event -> event.getDuration("loan")).reduce(Duration.ZERO,
                    Duration::plus)).isEqualTo(outcomes[0].borrowed().plus(outcomes[1].borrowed()));
            assertThat(of(events, "Plan")).first().satisfies(event -> {
                assertThat(event.getInt("functions")).isEqualTo(1);
                assertThat(event.getInt("refusals")).isZero();
            });
            assertThat(of(events, "Image")).anyMatch(event -> event.getInt("objects") > 3);
            assertThat(of(events, "Commit")).hasSize(2).allMatch(event -> event.getBoolean("committed"));
            assertThat(of(events, "Outcome")).hasSize(2).first().satisfies(event -> {
                assertThat(event.getString("outcome")).isEqualTo("applied");
                assertThat(event.getString("patch")).isEqualTo(patch.id().hex());
                assertThat(event.getDuration("pause")).isEqualTo(outcomes[0].pause());
            });
        }
    }

    @Test
    void failuresAreRecorded() throws Exception {
        LivePatch patch = LivePatch.of(victims.fix(6)).target("libanswer.so").replace("linger", "fixed_second");
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("linger")).isEqualTo("in");
            List<RecordedEvent> events = recorded(() -> assertThatThrownBy(() -> process.apply(patch,
                    Consistency.functionQuiescent(Duration.ofMillis(50)))).isInstanceOf(BlockedException.class));
            assertThat(of(events, "Commit")).singleElement().matches(event -> !event.getBoolean("committed"));
            assertThat(of(events, "Outcome")).singleElement()
                    .matches(event -> event.getString("outcome").startsWith("failed: "));
        }
    }
}
