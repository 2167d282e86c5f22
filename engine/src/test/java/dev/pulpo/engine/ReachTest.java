package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.ffm.WaitStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A reverted patch stays loaded as long as anything could lead into it, and no longer. */
class ReachTest {
    @TempDir
    static Path directory;

    private static Path build(String compiler, String source, String name, String... options) throws Exception {
        Path output = directory.resolve(compiler + "-" + name);
        if (!Files.exists(output)) {
            Path file = directory.resolve(source);
            try (InputStream text = ReachTest.class.getResourceAsStream("/victims/" + source)) {
                if (!Files.exists(file)) {
                    Files.copy(text, file);
                }
            }
            List<String> command = new ArrayList<>(
                    List.of(compiler, "-O2", "-g", "-w", "-o", output.toString(), file.toString()));
            command.addAll(Arrays.asList(options));
            Tools.run(command.toArray(String[]::new));
        }
        return output;
    }

    private static Path victim(String compiler) throws Exception {
        return build(compiler, "reach.c", "reach", "-pthread");
    }

    private static LivePatch patch(String compiler, String name) throws Exception {
        return LivePatch.of(build(compiler, "reach_fix.c", name, "-shared", "-fPIC", "-DNAME=\"" + name + '"'))
                .target("exe")
                .replace("give", "fixed");
    }

    private static boolean isMapped(RunningServer server) {
        return MemoryMap.read(server.pid(), server.pid()).mappings().stream()
                .anyMatch(mapping -> mapping.path().endsWith("fix.so"));
    }

    @ParameterizedTest
    @CsvSource({"gcc, static, given by the patch", "gcc, heap, given by the patch", "clang, packed, given by the patch",
            "gcc, tagged, given by the patch", "clang, mapped, given by the patch", "gcc, shared, given by the patch",
            "gcc, sealed, given by the patch", "clang, callback, called 42", "gcc, handler, handled",
            "gcc, register, given by the patch", "gcc, vector, given by the patch", "clang, stack, given by the patch",
            "gcc, tls, given by the patch", "gcc, coroutine-static, resumed", "clang, coroutine-heap, resumed",
            "gcc, coroutine-mapped, resumed", "gcc, coroutine-jump, resumed", "clang, coroutine-jump, resumed",
            "gcc, sharer, resumed", "gcc, between-freed, given by the patch", "clang, over-freed, given by the patch"})
    void patchStaysLoadedAsLongAsSomethingLeadsIntoIt(String compiler, String kind, String said) throws Exception {
        try (RunningServer server = RunningServer.plain(victim(compiler));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch(compiler, "fix.so");
            process.apply(patch);
            assertThat(server.ask("keep " + kind)).isNotEmpty();
            Outcome reverted = process.revert(patch.id());
            assertThat(reverted.unloaded()).isFalse();
            assertThat(reverted.held()).isNotEmpty();
            assertThat(isMapped(server)).isTrue();
            assertThat(server.ask("ask")).isEqualTo("nothing");
            assertThat(server.ask("use")).isEqualTo(said);

            server.ask("drop");
            LivePatch other = patch(compiler, "other.so");
            process.apply(other);
            assertThat(process.revert(other.id()).held()).isEmpty();
            assertThat(isMapped(server)).as(String.join("\n", process.messages())).isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({"gcc, timer", "gcc, own-atexit", "clang, own-atexit"})
    void whatTheKernelAndTheLibraryKeepCounts(String compiler, String kind) throws Exception {
        try (RunningServer server = RunningServer.plain(victim(compiler));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch(compiler, "fix.so");
            process.apply(patch);
            server.ask("keep " + kind);
            Outcome reverted = process.revert(patch.id());
            assertThat(reverted.held()).isNotEmpty();
            assertThat(isMapped(server)).isTrue();
            server.say("exit");
            assertThat(server.process().waitFor()).isEqualTo(new WaitStatus.Exited(0));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gcc", "clang"})
    void exitHandlersOfThePatchGoWithIt(String compiler) throws Exception {
        try (RunningServer server = RunningServer.plain(victim(compiler));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch(compiler, "fix.so");
            process.apply(patch);
            server.ask("keep atexit");
            Outcome reverted = process.revert(patch.id());
            assertThat(reverted.held()).isEmpty();
            assertThat(isMapped(server)).isFalse();
            server.say("exit");
            assertThat(server.process().waitFor()).isEqualTo(new WaitStatus.Exited(0));
        }
    }

    @ParameterizedTest
    @CsvSource({"gcc, nothing", "clang, nothing", "gcc, ended", "clang, ended", "gcc, freed", "clang, freed"})
    void patchThatNothingLeadsIntoIsUnloaded(String compiler, String kind) throws Exception {
        try (RunningServer server = RunningServer.plain(victim(compiler));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch(compiler, "fix.so");
            for (int i = 0; i < 5; i++) {
                process.apply(patch);
                server.ask("keep " + kind);
                assertThat(server.ask("ask")).isEqualTo("given by the patch");
                Outcome reverted = process.revert(patch.id());
                assertThat(reverted.held()).isEmpty();
                assertThat(reverted.unloaded()).isTrue();
                assertThat(isMapped(server)).isFalse();
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"gcc, heap, [heap]", "clang, static, clang-reach", "gcc, coroutine-mapped, anonymous memory"})
    void whatIsStillLoadedIsListedWithWhatKeepsIt(String compiler, String kind, String place) throws Exception {
        try (RunningServer server = RunningServer.plain(victim(compiler));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch(compiler, "fix.so");
            process.apply(patch);
            server.ask("keep " + kind);
            assertThat(process.leftovers()).isEmpty();
            process.revert(patch.id());
            assertThat(process.leftovers()).singleElement().satisfies(leftover -> {
                assertThat(leftover.id()).isEqualTo(patch.id());
                assertThat(leftover.retention()).isEqualTo(Retention.WHILE_REACHABLE);
                assertThat(leftover.held()).extracting(HeldWord::place).contains(place);
                assertThat(leftover.toString()).contains("fix.so for ", "may point to it");
            });
            server.ask("use");
            server.ask("drop");
            LivePatch other = patch(compiler, "other.so");
            process.apply(other);
            process.revert(other.id());
            assertThat(process.leftovers()).isEmpty();
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"FUNCTION_QUIESCENT", "NONE", "PER_THREAD"})
    void whatIsToBeKeptStaysLoaded(Consistency.Level level) throws Exception {
        Consistency consistency = new Consistency(level, Duration.ofSeconds(10));
        try (RunningServer server = RunningServer.plain(victim("gcc"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch("gcc", "fix.so");
            process.apply(patch, consistency);
            Outcome reverted = process.revert(List.of(patch.id()), consistency, Retention.ALWAYS);
            assertThat(reverted.unloaded()).isFalse();
            assertThat(reverted.held()).isEmpty();
            assertThat(reverted.toString()).endsWith("; kept loaded");
            assertThat(server.ask("ask")).isEqualTo("nothing");

            LivePatch other = patch("gcc", "other.so");
            process.apply(other);
            assertThat(process.revert(other.id()).unloaded()).isTrue();
            assertThat(isMapped(server)).isTrue();
            assertThat(process.leftovers()).singleElement().satisfies(leftover -> {
                assertThat(leftover.id()).isEqualTo(patch.id());
                assertThat(leftover.retention()).isEqualTo(Retention.ALWAYS);
                assertThat(leftover.toString()).endsWith("kept as was asked");
            });
        }
    }

    /** The request counts for the revert that it was made for. */
    @Test
    void requestToKeepEndsWithTheRevertThatFailed() throws Exception {
        try (RunningServer server = RunningServer.plain(victim("gcc"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch("gcc", "fix.so");
            process.apply(patch);
            server.ask("keep inside");
            assertThatThrownBy(() -> process.revert(List.of(patch.id()),
                    Consistency.functionQuiescent(Duration.ofMillis(10)), Retention.ALWAYS))
                    .isInstanceOf(BlockedException.class);
            server.ask("use");
            assertThat(process.revert(patch.id()).unloaded()).isTrue();
            assertThat(isMapped(server)).isFalse();
        }
    }

    @Test
    void sparseMemoryIsNotFilledByReading() throws Exception {
        try (RunningServer server = RunningServer.plain(victim("gcc"), "100");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = patch("gcc", "fix.so");
            process.apply(patch);
            long before = resident(server);
            assertThat(process.revert(patch.id()).unloaded()).isTrue();
            assertThat(resident(server)).isLessThan(before + 1024);
        }
    }

    /** In KiB. */
    private static long resident(RunningServer server) throws IOException {
        return Files.readAllLines(Path.of("/proc/" + server.pid() + "/status")).stream()
                .filter(line -> line.startsWith("VmRSS:")).mapToLong(line -> Long.parseLong(line.split("\\s+")[1]))
                .findFirst().orElseThrow();
    }
}
