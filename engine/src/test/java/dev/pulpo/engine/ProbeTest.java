package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.Errno;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Probes in a program that was compiled in several ways: what they do, what they leave alone, and that they go. */
@Tag("slow")
class ProbeTest {
    private static final List<String> FUNCTIONS = List.of("add", "tail", "recursive", "throwing", "jumping", "variadic",
            "vectors", "turned", "hidden", "malloc");

    @TempDir
    static Path directory;

    /** The compiler, and its options. */
    static Stream<Arguments> builds() {
        return Stream.of(Arguments.of("g++", "-O2"), Arguments.of("g++", "-O1 -fpatchable-function-entry=16,14"),
                Arguments.of("g++", "-O0 -fcf-protection=full"), Arguments.of("clang++", "-O2"));
    }

    private static RunningServer server(String compiler, String options) throws Exception {
        String name = compiler + options.replace(' ', '_').replace('=', '_').replace(',', '_');
        Path program = directory.resolve(name);
        if (!Files.exists(program)) {
            List<String> all = new ArrayList<>(Arrays.asList(options.split(" ", -1)));
            all.add("-pthread");
            new Victims(directory).compiledBy(compiler, name, "probed.cc", all.toArray(String[]::new));
        }
        return RunningServer.plain(program);
    }

    private static RunningServer server() throws Exception {
        return server("g++", "-O2");
    }

    /** glibc exports a function of that name for old programs. */
    @Test
    void namesakeInALibraryIsNotTakenForAFunctionOfTheProgram() throws Exception {
        Path program = new Victims(directory).compiled("namesake", "namesake.c", "-O2", "-Wl,--build-id");
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(() -> process.probe(Probe.counting("step")))
                    .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.refusals())
                            .singleElement().isInstanceOf(Refusal.AmbiguousFunction.class))
                    .hasMessageContaining("namesake").hasMessageContaining("libc.so.6");
            try (LiveProbe probe = process.probe(Probe.counting("step").in("exe"))) {
                assertThat(server.ask("1")).isEqualTo("7 6 -5");
                assertThat(probe.counts().total()).isEqualTo(1);
            }
            assertThatThrownBy(() -> process.probe(Probe.counting("advance")))
                    .isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(refused.refusals())
                            .singleElement().isInstanceOf(Refusal.AmbiguousFunction.class))
                    .hasMessageContaining("advance.constprop.0 in " + program).hasMessageContaining("libc.so.6");
            for (Probe probe : List.of(Probe.counting("stride"), Probe.counting("stride").in("exe"),
                    Probe.redirect("step", "stride").in("exe"))) {
                assertThatThrownBy(() -> process.probe(probe)).hasMessageContaining(
                        "has no function stride; the compiler has made stride.constprop.0 of it: name that");
            }
            try (LiveProbe probe = process.probe(Probe.counting("stride.constprop.0"))) {
                assertThat(server.ask("2")).isEqualTo("14 7 -5");
                assertThat(probe.counts().total()).isEqualTo(1);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("builds")
    void probesThatCountChangeNothing(String compiler, String options) throws Exception {
        try (RunningServer server = server(compiler, options);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            String before = server.ask("all");
            List<LiveProbe> probes = new ArrayList<>();
            for (String function : FUNCTIONS) {
                probes.add(process.probe(Probe.counting(function)));
            }
            assertThat(server.ask("all")).isEqualTo(before);
            for (LiveProbe probe : probes) {
                assertThat(probe.counts().total()).as(probe.toString()).isPositive();
                assertThat(probe.counts().threads().keySet()).contains(server.pid());
            }
            assertThat(process.patches()).hasSize(FUNCTIONS.size())
                    .allMatch(patch -> patch.status() == AppliedPatch.Status.IN_FORCE)
                    .allMatch(patch -> patch.comment().startsWith("probe: count "));
            for (LiveProbe probe : probes) {
                Outcome reverted = probe.revert();
                assertThat(reverted.unloaded()).as(reverted.toString()).isTrue();
            }
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("all")).isEqualTo(before);
        }
    }

    @ParameterizedTest
    @MethodSource("builds")
    @SuppressWarnings("try") // the resource is there to be closed
    void answersAreThoseOfTheProbe(String compiler, String options) throws Exception {
        try (RunningServer server = server(compiler, options);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            try (LiveProbe returning = process.probe(Probe.returning("getpid", 42))) {
                assertThat(server.ask("pid")).isEqualTo("42 0");
                assertThat(returning.counts().total()).isEqualTo(2);
            }
            assertThat(server.ask("pid")).isEqualTo(server.pid() + " 1");
            try (LiveProbe returning = process.probe(Probe.returning("add", Long.MIN_VALUE + 5))) {
                assertThat(server.ask("add 3")).isEqualTo(Long.toString(Long.MIN_VALUE + 5));
                assertThat(returning.counts().threads()).isEmpty();
            }
            try (LiveProbe failing = process.probe(Probe.failing("open", Errno.EACCES))) {
                assertThat(server.ask("open 3")).isEqualTo("3 " + Errno.EACCES);
                assertThat(failing.counts().total()).isEqualTo(3);
            }
            assertThat(server.ask("open 3")).isEqualTo("0 0");
            server.ask("set 5");
            try (LiveProbe nop = process.probe(Probe.nop("set"))) {
                assertThat(server.ask("set 6")).isEqualTo("5");
                assertThat(nop.counts().total()).isEqualTo(1);
            }
            assertThat(server.ask("set 6")).isEqualTo("6");
            try (LiveProbe redirect = process.probe(Probe.redirect("doubled", "tripled"))) {
                assertThat(server.ask("doubled 7")).isEqualTo("21");
                assertThat(redirect.counts().total()).isEqualTo(1);
            }
            assertThat(server.ask("doubled 7")).isEqualTo("14");
            try (LiveProbe redirect = process.probe(Probe.redirect("tripled", "abs"))) {
                assertThat(server.ask("tripled -7")).as("a function of another object").isEqualTo("7");
            }
            assertThat(process.patches()).isEmpty();
        }
    }

    @Test
    void delaysLast() throws Exception {
        try (RunningServer server = server();
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe delay = process.probe(Probe.delaying("set", Duration.ofMillis(30)))) {
            assertThat(Long.parseLong(server.ask("slept 8"))).isGreaterThanOrEqualTo(30);
            assertThat(server.ask("set 9")).isEqualTo("9");
            assertThat(delay.counts().total()).isEqualTo(2);
        }
    }

    @Test
    @SuppressWarnings("try") // the resource is there to be closed
    void conditionsChooseCalls() throws Exception {
        try (RunningServer server = server(); LiveProcess process = LiveProcess.attach(server.pid())) {
            try (LiveProbe third = process.probe(Probe.failing("open", Errno.ENOENT).everyNth(3))) {
                assertThat(server.ask("open 300")).isEqualTo("100 " + Errno.ENOENT);
                assertThat(third.counts().total()).isEqualTo(100);
            }
            try (LiveProbe never = process.probe(Probe.failing("open", Errno.ENOENT).withProbability(0))) {
                assertThat(server.ask("open 300")).isEqualTo("0 0");
            }
            try (LiveProbe half = process.probe(Probe.failing("open", Errno.ENOENT).withProbability(0.25))) {
                int failed = Integer.parseInt(server.ask("open 10000").split(" ")[0]);
                // Seven standard deviations of a binomial distribution.
                assertThat(failed).isBetween(2500 - 7 * 44, 2500 + 7 * 44);
                assertThat(half.counts().total()).isEqualTo(failed);
            }
            try (LiveProbe both = process.probe(Probe.failing("open", Errno.ENOENT).everyNth(2).withProbability(0.5))) {
                int failed = Integer.parseInt(server.ask("open 10000").split(" ")[0]);
                assertThat(failed).isBetween(2500 - 7 * 44, 2500 + 7 * 44);
            }
            String[] tids = server.ask("park").split(" ");
            LiveProbe one = process.probe(Probe.returning("add", -1).onThread(Integer.parseInt(tids[1])));
            assertThat(server.ask("unpark 3")).isEqualTo(tids[0] + " -1");
            assertThat(server.ask("add 3")).isEqualTo("4");
            assertThat(one.counts().total()).isEqualTo(3);
            one.close();
            assertThat(process.patches()).isEmpty();
        }
    }

    @ParameterizedTest
    @MethodSource("builds")
    void threadsAreCountedByThemselves(String compiler, String options) throws Exception {
        try (RunningServer server = server(compiler, options);
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe probe = process.probe(Probe.counting("add"))) {
            String[] tids = server.ask("threads 50 1000").trim().split(" ");
            ProbeCounts counts = probe.counts();
            assertThat(counts.total()).isEqualTo(50_000);
            assertThat(counts.rest()).isZero();
            assertThat(counts.threads()).hasSize(50).containsOnlyKeys(
                    Arrays.stream(tids).map(Integer::valueOf).toArray(Integer[]::new));
            assertThat(counts.threads().values()).containsOnly(1000L);
        }
    }

    /** More threads than its table has room for. */
    @Test
    void thousandsOfThreadsLoseNoCall() throws Exception {
        try (RunningServer server = server();
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe probe = process.probe(Probe.counting("add"))) {
            for (int i = 0; i < 6; i++) {
                server.ask("threads 1000 20");
            }
            ProbeCounts counts = probe.counts();
            assertThat(counts.total()).isEqualTo(6 * 1000 * 20);
            assertThat(counts.rest()).isPositive();
            assertThat(counts.threads().values()).allMatch(count -> count % 20 == 0);
        }
    }

    @Test
    void probesStackOnPatchesAndOnEachOther() throws Exception {
        Victims victims = new Victims(directory);
        victims.library();
        try (RunningServer server = server(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LiveProbe below = process.probe(Probe.redirect("doubled", "tripled"));
            LiveProbe above = process.probe(Probe.counting("doubled"));
            assertThat(server.ask("doubled 7")).as("the probe calls what it found").isEqualTo("21");
            assertThat(above.counts().total()).isEqualTo(1);
            assertThatThrownBy(below::close).isInstanceOfSatisfying(RefusedException.class, refused -> assertThat(
                    refused.refusals()).containsExactly(new Refusal.NeededByOther(below.id(), above.id())));
            assertThat(server.ask("doubled 7")).isEqualTo("21");
            above.close();
            assertThat(server.ask("doubled 7")).isEqualTo("21");
            below.close();
            assertThat(server.ask("doubled 7")).isEqualTo("14");
            below.close();
        }
    }

    @Test
    @SuppressWarnings("try") // the resource is there to be closed
    void functionsAreNamedInSeveralWays() throws Exception {
        try (RunningServer server = server(); LiveProcess process = LiveProcess.attach(server.pid())) {
            Path program = process.executable();
            String address = "0x" + Tools.run("nm", program.toString()).lines()
                    .filter(line -> line.endsWith(" hidden")).findFirst().orElseThrow().replaceFirst("^0+", "")
                    .replaceFirst(" .*", "");
            try (LiveProbe probe = process.probe(Probe.returning(address, 77))) {
                assertThat(server.ask("hidden 1")).isEqualTo("77");
                assertThat(probe.counts().total()).isEqualTo(1);
            }
            try (LiveProbe probe = process.probe(Probe.redirect("doubled", address))) {
                assertThat(server.ask("doubled 1")).isEqualTo("6");
            }
            try (LiveProbe probe = process.probe(Probe.counting("getpid").in("libc.so.6"))) {
                assertThat(server.ask("pid")).isEqualTo(server.pid() + " 1");
                assertThat(probe.counts().total()).isEqualTo(2);
            }
            assertThatThrownBy(() -> process.probe(Probe.counting("tripledd"))).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("tripled");
            assertThatThrownBy(() -> process.probe(Probe.counting("add").in("libno.so")))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("libno.so");
            assertThatThrownBy(() -> process.probe(Probe.redirect("add", "nowhere")))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("nowhere");
            assertThat(process.patches()).isEmpty();
        }
    }

    @Test
    void probeThatAnotherToolHasRevertedIsNoMore() throws Exception {
        try (RunningServer server = server(); LiveProcess process = LiveProcess.attach(server.pid())) {
            LiveProbe probe = process.probe(Probe.counting("add"));
            assertThat(server.ask("add 1")).isEqualTo("2");
            try (LiveProcess other = LiveProcess.attach(server.pid())) {
                other.revert(probe.id());
            }
            assertThatThrownBy(probe::counts).isInstanceOf(RefusedException.class);
            assertThat(probe.revert().kind()).isEqualTo(Outcome.Kind.NOT_IN_FORCE_ALREADY);
        }
    }

    /** A probe's code has frames: gdb and Pulpo see the callers of a thread that waits in it. */
    @Test
    void stacksLeadThroughProbes() throws Exception {
        try (RunningServer server = server();
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe delay = process.probe(Probe.delaying("set", Duration.ofSeconds(20)))) {
            server.say("set 4");
            Await.that("a call in the probe", () -> delay.counts().total() == 1);
            ThreadStack stack = process.stacks().getFirst();
            assertThat(stack.isComplete()).as(stack.toString()).isTrue();
            assertThat(stack.frames().getFirst().function()).isEqualTo("pulpo_probe");
            assertThat(stack.frames()).extracting(StackFrame::function).contains("main");
            assertThat(delay.revert().unloaded()).as("the thread is still in it").isFalse();
            assertThat(process.patches()).isEmpty();
            assertThat(Tools.run("gdb", "-q", "-batch", "-p", Integer.toString(server.pid()), "-ex", "bt"))
                    .contains("main");
        }
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        assertThatThrownBy(() -> Probe.counting("f").everyNth(0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Probe.counting("f").withProbability(1.5)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Probe.delaying("f", Duration.ZERO)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void filesOfProbesGo() throws Exception {
        try (RunningServer server = server(); LiveProcess process = LiveProcess.attach(server.pid())) {
            Path probes = StubFile.directory("probes");
            List<Path> before = files(probes);
            LiveProbe probe = process.probe(Probe.counting("add"));
            assertThat(files(probes)).hasSize(before.size() + 1);
            probe.close();
            assertThatThrownBy(() -> process.probe(Probe.counting("add").in("exe").allow(Check.INLINED)
                    .onThread(1).everyNth(2).withProbability(0.5).in("no"))).isInstanceOf(RefusedException.class);
            assertThat(files(probes)).isEqualTo(before);
        }
    }

    private static List<Path> files(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.sorted().toList();
        }
    }
}
