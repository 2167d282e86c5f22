package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The list of patches in a process moves when it is full: nothing of it is lost, and no memory stays behind. */
class FullRegistryTest {
    /** The stub has 48 KiB of its own; two of these do not fit. */
    private static final String LONG_COMMENT = "a long comment ".repeat(2000);
    private static final int ROUNDS = 24;

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.server();
    }

    private static LivePatch fix(int value) {
        return LivePatch.of(victims.fix(value)).target("libanswer.so").replace("answer", "fixed_answer")
                .comment(LONG_COMMENT);
    }

    /** Where the list is now. */
    private static RemoteAddress place(RunningServer server) {
        try (TraceeMemory memory = TraceeMemory.open(server.pid(), server.pid())) {
            return Registry.read(server.pid(), memory, ProcessImage.read(server.pid(), memory).stub().orElseThrow())
                    .stub().registry().start();
        }
    }

    @Test
    void aPatchThatGoesInTheSameStopIsOutOfForceWhereTheListHasMoved() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "2", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(fix(10));
            for (int value = 20; value < 26; value++) {
                process.apply(process.planInstead(fix(value), "target"), Consistency.DEFAULT);
                assertThat(server.ask("answer")).isEqualTo(Integer.toString(value));
                PatchId now = fix(value).id();
                assertThat(process.patches()).singleElement().satisfies(one -> {
                    assertThat(one.id()).isEqualTo(now);
                    assertThat(one.status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
                });
            }
            process.revert(fix(25).id());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @Test
    void placesThatTheListHasLeftAreGivenBackWhileOthersReadIt() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.server(), "2", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            AtomicBoolean ended = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            Thread reader = Thread.ofPlatform().start(() -> read(server.pid(), ended, failure));
            try {
                RemoteAddress first = place(server);
                Set<RemoteAddress> places = new LinkedHashSet<>();
                for (int i = 0; i < ROUNDS; i++) {
                    process.apply(fix(7));
                    assertThat(process.patches()).hasSize(1);
                    process.revert(fix(7).id());
                    assertThat(process.patches()).isEmpty();
                    places.add(place(server));
                }
                places.remove(first);
                RemoteAddress now = place(server);
                MemoryMap map = MemoryMap.read(server.pid(), ProcFs.anyLiveThread(server.pid()));
                assertThat(places).hasSizeGreaterThan(1).contains(now)
                        .filteredOn(place -> map.find(place).filter(mapping -> !mapping.contains(now)).isPresent())
                        .as("still mapped").isEmpty();
            } finally {
                ended.set(true);
                reader.join();
            }
            assertThat(failure.get()).isNull();
            assertThat(server.ask("errors")).isEqualTo("0");
        }
    }

    private static void read(int pid, AtomicBoolean ended, AtomicReference<Throwable> failure) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            while (!ended.get()) {
                assertThat(process.patches()).hasSizeLessThan(2);
            }
        } catch (RuntimeException | AssertionError unexpected) {
            failure.set(unexpected);
        }
    }
}
