package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.ffm.WaitStatus;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Threads that are hard to borrow: cancelled, in the loader, with something below their stack pointer; and children. */
@Timeout(120)
class SituationTest {
    private static final int ROUNDS = 40;
    /** A thread that the machine has no time for is not borrowed; another one is. */
    private static final int ATTEMPTS = 20;

    @TempDir
    static Path directory;
    static Victims victims;
    static Path situations;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        situations = victims.linked("situations.c");
    }

    private static LivePatch patch(Path file) {
        return LivePatch.of(file).target("libanswer.so").replace("answer", "fixed_answer");
    }

    private static RunningServer server(boolean preloaded, String kind) {
        return preloaded ? RunningServer.preloaded(situations, kind) : RunningServer.plain(situations, kind);
    }

    private static void rounds(RunningServer server, LivePatch patch, int rounds) throws Exception {
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < rounds; i++) {
                process.apply(patch);
                assertThat(server.ask("answer")).as("applied, round %d", i).isEqualTo("2");
                process.revert(patch.id());
                assertThat(server.ask("answer")).as("reverted, round %d", i).isEqualTo("1");
            }
            assertThat(process.patches()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void cancellationThatIsPendingWaitsUntilTheThreadIsGivenBack(boolean preloaded) throws Exception {
        Path points = victims.compiled("cancel_fix.so", "cancel_fix.c", "-shared", "-fPIC");
        try (RunningServer server = server(preloaded, "pending")) {
            rounds(server, patch(points), 5);
            // It is pending still, and does what it would have done.
            assertThat(server.ask("cancel")).isEqualTo("cancelled");
            assertThat(server.process().waitFor()).isEqualTo(new WaitStatus.Exited(0));
        }
    }

    @Test
    void threadThatWaitsIsCancelledAfterwards() throws Exception {
        try (RunningServer server = server(true, "waiting")) {
            rounds(server, patch(victims.fix(2)), 10);
            assertThat(server.ask("cancel")).isEqualTo("cancelled 1");
        }
    }

    /** It must not end on the stub's stack, with the loader's lock, but where it was taken from, with its handlers. */
    @ParameterizedTest
    @CsvSource({"read, true", "read, false", "raw, true", "raw, false"})
    void threadThatIsCancelledWhileItLoadsEndsWhereItWas(String kind, boolean preloaded) throws Exception {
        victims.library();
        Path program = victims.compiled("cancelled", "cancelled.c", "-fexceptions", "-rdynamic", "-L" + directory,
                "-lanswer", "-Wl,-rpath," + directory, "-pthread");
        LivePatch patch = patch(victims.compiled("cancelled_fix.so", "cancelled_fix.c", "-shared", "-fPIC"));
        String ended = "";
        for (int attempt = 0; attempt < ATTEMPTS && !ended.equals("cancelled, cleaned 1, loaded"); attempt++) {
            try (RunningServer server = preloaded
                    ? RunningServer.preloaded(program, kind)
                    : RunningServer.plain(program, kind);
                    LiveProcess process = LiveProcess.attach(server.pid())) {
                process.apply(patch);
                ended = server.ask("cancelled");
                assertThat(ended).startsWith("cancelled, cleaned 1, ");
                assertThat(server.ask("answer")).isEqualTo("2");
                // The loader's lock is nobody's, and a thread that is left does what the first one would have done.
                process.revert(patch.id());
                assertThat(server.ask("answer")).isEqualTo("1");
            }
        }
        assertThat(ended).as("the cancelled thread was the one that was borrowed").endsWith(", loaded");
    }

    @Test
    void threadsAreCancelledMeanwhile() throws Exception {
        try (RunningServer server = server(true, "cancels")) {
            rounds(server, patch(victims.fix(2)), ROUNDS);
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("rounds"))).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void redZoneIsTheThreads(boolean preloaded) throws Exception {
        try (RunningServer server = server(preloaded, "red-zone")) {
            rounds(server, patch(victims.fix(2)), ROUNDS);
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("rounds"))).isPositive();
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"loader, true", "loader, false", "loader-alone, true", "loader-alone, false"})
    void locksOfTheLoaderAreNeverTakenTwice(String kind, boolean preloaded) throws Exception {
        try (RunningServer server = server(preloaded, kind)) {
            // A thread that is alone has to be caught outside.
            rounds(server, patch(victims.fix(2)), kind.equals("loader") ? ROUNDS : ROUNDS / 4);
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("rounds"))).isPositive();
        }
    }

    /** An error that the program has not asked for yet, and none where there is none. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void whatTheLoaderHasToSayIsNotForgotten(boolean preloaded) throws Exception {
        LivePatch patch = patch(victims.fix(2));
        try (RunningServer server = server(preloaded, "plain");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("fail")).isEqualTo("failed");
            process.inject();
            process.apply(patch);
            process.revert(patch.id());
            assertThat(server.ask("error")).endsWith("/nowhere/lib.so: cannot open shared object file: No such file or "
                    + "directory");
            assertThat(server.ask("error")).isEqualTo("nothing");
            process.apply(patch);
            process.revert(patch.id());
            assertThat(server.ask("error")).isEqualTo("nothing");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"forks", "vforks"})
    void processThatForksAllTheTimeIsPatched(String kind) throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.linked("hazards.c"), kind)) {
            rounds(server, patch(victims.fix(2)), ROUNDS);
            assertThat(server.ask("errors")).isEqualTo("0");
            assertThat(Long.parseLong(server.ask("rounds"))).isPositive();
        }
    }

    /** The program's own data, at an address that is fixed and at one that is not. */
    @ParameterizedTest
    @ValueSource(strings = {"-pie", "-no-pie"})
    void privateDataOfTheProgramIsReached(String how) throws Exception {
        Path program = victims.compiled("own" + how, "situations.c", how, how.equals("-pie") ? "-fPIE" : "-fno-pie",
                "-fpatchable-function-entry=16,14", "-L" + directory, "-lanswer", "-Wl,-rpath," + directory,
                "-pthread");
        Path patch = victims.container("own" + how + ".so", 1000, program, "TARGET", "own_value:new_secret",
                "own_thread_value:new_local", "#own_data:secret_reference", "#%own_local:local_reference");
        try (RunningServer server = RunningServer.plain(program, "plain");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("own")).isEqualTo("5 6");
            process.apply(LivePatch.open(patch));
            assertThat(server.ask("own")).isEqualTo("1005 1006");
            process.revert(LivePatch.open(patch).id());
            assertThat(server.ask("own")).isEqualTo("5 6");
        }
    }

    /** The child of a patched process, which obeys through two named pipes. */
    private record Child(LiveProcess process, OutputStream input, BufferedReader output) implements AutoCloseable {
        static Child of(RunningServer parent) throws Exception {
            Path in = directory.resolve("child.in");
            Path out = directory.resolve("child.out");
            Files.deleteIfExists(in);
            Files.deleteIfExists(out);
            Tools.run("mkfifo", in.toString(), out.toString());
            int pid = Integer.parseInt(parent.ask("split " + in + " " + out));
            OutputStream input = Files.newOutputStream(in);
            return new Child(LiveProcess.attach(pid), input, Files.newBufferedReader(out));
        }

        String ask(String question) throws IOException {
            input.write((question + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
            return output.readLine();
        }

        @Override
        public void close() throws IOException {
            process.close();
            // At the end of its input it ends.
            input.close();
            output.close();
        }
    }

    @Test
    void childOfAPatchedProcessIsRevertedAndPatchedAlone() throws Exception {
        LivePatch first = patch(victims.fix(2));
        LivePatch second = patch(victims.fix(3));
        try (RunningServer server = server(true, "plain"); LiveProcess parent = LiveProcess.attach(server.pid())) {
            parent.apply(first);
            try (Child child = Child.of(server)) {
                assertThat(child.ask("answer")).isEqualTo("2");
                assertThat(child.process.patches()).isEqualTo(parent.patches()).singleElement().satisfies(
                        applied -> assertThat(applied.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
                child.process.revert(first.id());
                assertThat(child.ask("answer")).isEqualTo("1");
                assertThat(server.ask("answer")).isEqualTo("2");
                child.process.apply(second);
                assertThat(child.ask("answer")).isEqualTo("3");
                assertThat(child.process.patches()).extracting(AppliedPatch::id).containsExactly(second.id());
                assertThat(parent.patches()).extracting(AppliedPatch::id).containsExactly(first.id());
                parent.revert(first.id());
                assertThat(server.ask("answer")).isEqualTo("1");
                assertThat(child.ask("answer")).isEqualTo("3");
            }
        }
    }

    /** Shells and supervisors wait for their children's stops; a patch is none of their business. */
    @Test
    void parentOfAPatchedProcessHearsNothingOfIt() throws Exception {
        try (RunningServer server = server(false, "plain"); Child child = Child.of(server)) {
            for (int i = 0; i < 10; i++) {
                child.process.apply(patch(victims.fix(2)));
                assertThat(server.ask("watched")).isEqualTo("nothing");
                child.process.revert(patch(victims.fix(2)).id(), Consistency.functionQuiescent(Duration.ofSeconds(5)));
                assertThat(server.ask("watched")).isEqualTo("nothing");
            }
            assertThat(child.ask("answer")).isEqualTo("1");
        }
    }
}
