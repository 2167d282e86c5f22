package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.elf.RawText;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Probes that trace: what they record of calls, what they lose, and that functions take and return the same. */
@Tag("slow")
class ProbeTraceTest {
    @TempDir
    static Path directory;

    /** The compiler, and its options. */
    static Stream<Arguments> builds() {
        return Stream.of(Arguments.of("g++", "-g -O2"), Arguments.of("g++", "-g -O0 -fcf-protection=full"),
                Arguments.of("clang++", "-g -O2"));
    }

    private static RunningServer server(String compiler, String options) throws Exception {
        String name = "traced" + compiler + options.replaceAll("[ =,]", "_");
        Path program = directory.resolve(name);
        if (!Files.exists(program)) {
            List<String> all = new ArrayList<>(Arrays.asList(options.split(" ", -1)));
            all.add("-pthread");
            new Victims(directory).compiledBy(compiler, name, "traced.cc", all.toArray(String[]::new));
        }
        return RunningServer.plain(program);
    }

    @ParameterizedTest
    @MethodSource("builds")
    @SuppressWarnings("try") // the resources are there to be closed
    void argumentsAndResultsAreRecorded(String compiler, String options) throws Exception {
        try (RunningServer server = server(compiler, options);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            String before = server.ask("all");
            try (LiveProbe many = process.probe(Probe.tracing("many"));
                    LiveProbe reals = process.probe(Probe.tracing("reals"));
                    LiveProbe both = process.probe(Probe.tracing("both", ValueKind.LONG, ValueKind.DOUBLE));
                    LiveProbe extended = process.probe(Probe.tracing("extended"));
                    LiveProbe wide = process.probe(Probe.tracing("wide").withStack(0))) {
                assertThat(server.ask("all")).isEqualTo(before);
                List<TracedCall> calls = many.calls().calls();
                assertThat(calls).hasSize(1);
                TracedCall call = calls.getFirst();
                assertThat(call.tid()).isEqualTo(server.pid());
                assertThat(call.lasted().orElseThrow()).isPositive().isLessThan(Duration.ofSeconds(10));
                assertThat(call.arguments()).extracting(TracedCall.Value::name).containsExactly("a", "b", "c", "d",
                        "e", "f", "g", "h", "i");
                assertThat(call.arguments()).extracting(value -> value.text().map(
                        text -> RawText.decode(text.bytes().toArray())).orElse(value.toString())).containsExactly("-1",
                                "2", "3", RawText.decode("four\n".getBytes(StandardCharsets.UTF_8)),
                                "-5", "6", "7", "8.5", "9");
                assertThat(call.result().orElseThrow())
                        .hasToString(Long.toString(-1 + 2 + 3 + 5 - 5 + 6 + 70 + 8 + 900));
                TracedCall real = reals.calls().calls().getFirst();
                assertThat(real.arguments()).extracting(Object::toString).containsExactly("1.5", "2.25", "3");
                assertThat(real.result().orElseThrow()).hasToString("6.75");
                assertThat(both.calls().calls().getFirst().arguments()).extracting(Object::toString)
                        .containsExactly("4", "2.5");
                assertThat(many.calls().calls()).as("nothing is told twice").isEmpty();
                assertThat(many.calls().lost()).isZero();
            }
            assertThat(process.patches()).isEmpty();
        }
    }

    /** Texts that cannot be read are told as addresses, and harm nobody. */
    @Test
    void textsAreReadWithoutFaults() throws Exception {
        try (RunningServer server = server("g++", "-g -O2");
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe peek = process.probe(Probe.tracing("peek"));
                LiveProbe name = process.probe(Probe.tracing("name"))) {
            assertThat(server.ask("peek 1")).isEqualTo("a name");
            List<TracedCall.Value> values = peek.calls().calls().stream().map(call -> call.arguments().getFirst())
                    .toList();
            assertThat(values).extracting(value -> value.text()
                    .map(text -> RawText.decode(text.bytes().toArray()) + (text.isWhole() ? "" : "..."))
                    .orElse("-")).containsExactly("-", "brink", "-", "-",
                            "01234567890123456789012345678901234567890123456789012345...",
                            RawText.decode("evil\033[2J\n".getBytes(StandardCharsets.UTF_8)), "nkk...");
            assertThat(name.calls().calls()).hasSize(2).allSatisfy(call -> assertThat(RawText.decode(
                    call.result().orElseThrow().text().orElseThrow().bytes().toArray())).isEqualTo("a name"));
            assertThat(server.ask("peek 0")).isEqualTo("none");
        }
    }

    /** Each of many calls in many threads is read as it was, or counted as lost. */
    @Test
    void callsAreReadAsTheyWereOrCountedAsLost() throws Exception {
        int threads = 100;
        int steps = 300;
        try (RunningServer server = server("g++", "-g -O2");
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe step = process.probe(Probe.tracing("stride"))) {
            server.say("steps " + threads + " " + steps);
            Set<String> seen = new HashSet<>();
            long lost = 0;
            long ended = 0;
            while (ended < (long) threads * steps) {
                TracedCalls calls = step.calls();
                lost += calls.lost();
                ended = calls.ended();
                for (TracedCall call : calls.calls()) {
                    long thread = call.arguments().get(0).bits();
                    long i = call.arguments().get(1).bits();
                    assertThat(call.result().orElseThrow().bits()).isEqualTo(thread * 1_000_000 + i);
                    assertThat(seen.add(thread + " " + i)).as(call.toString()).isTrue();
                }
            }
            assertThat(server.line()).as("wrong results").isEqualTo("0");
            TracedCalls last = step.calls();
            for (TracedCall call : last.calls()) {
                seen.add(call.arguments().get(0).bits() + " " + call.arguments().get(1).bits());
            }
            // A record that its writer gave up, because the ring had gone round, is known as lost when it is overwritten.
            server.ask("steps 1 5000");
            TracedCalls after = step.calls();
            long latest = after.calls().stream().filter(call -> call.ticket() >= (long) threads * steps).count();
            long lostLater = after.lost() - (5000 - latest);
            assertThat(seen.size() + after.calls().size() - latest + lost + last.lost() + lostLater)
                    .isEqualTo((long) threads * steps);
            assertThat(after.begun()).isEqualTo((long) threads * steps + 5000);
        }
    }

    @Test
    void callsAreRecordedWhenTheyBegin() throws Exception {
        try (RunningServer server = server("g++", "-g -O2");
                LiveProcess process = LiveProcess.attach(server.pid());
                LiveProbe entry = process.probe(Probe.tracing("printf", ValueKind.STRING).atEntry())) {
            String before = server.ask("all");
            assertThat(server.ask("all")).isEqualTo(before);
            List<TracedCall> calls = entry.calls().calls();
            assertThat(calls).isNotEmpty().allSatisfy(call -> {
                assertThat(call.lasted()).isEmpty();
                assertThat(call.result()).isEmpty();
                assertThat(RawText.decode(call.arguments().getFirst().text().orElseThrow().bytes().toArray()))
                        .startsWith("%");
            });
        }
    }

    /** A thread that is in a call when the probe is taken back returns through the probe's code, which stays for it. */
    @ParameterizedTest
    @ValueSource(strings = {"unblock 7", "cancel"})
    void callsInProgressReturnThroughTheProbe(String end) throws Exception {
        try (RunningServer server = server("g++", "-g -O2"); LiveProcess process = LiveProcess.attach(server.pid())) {
            LiveProbe probe = process.probe(Probe.timing("block"));
            server.ask("block");
            Await.that("a call in the probe", () -> probe.times().begun() == 1);
            Await.that("a stack that leads through it", () -> process.stacks().stream()
                    .anyMatch(stack -> stack.isComplete() && stack.frames().stream().map(StackFrame::function).toList()
                            .containsAll(List.of("block", "pulpo_probe"))));
            String gdb = Tools.run("gdb", "-q", "-batch", "-p", Integer.toString(server.pid()), "-ex",
                    "thread apply all bt");
            assertThat(gdb.lines().filter(line -> line.contains(" block ") || line.contains("pulpo_probe")
                    || line.contains(" start_thread "))).as(gdb).hasSize(3);
            assertThat(probe.revert().unloaded()).as("a call is in progress").isFalse();
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask(end)).isEqualTo(end.equals("cancel") ? "cancelled" : "8");
        }
    }

    @Test
    void senselessProbesAreRefused() {
        assertThatThrownBy(() -> Probe.timing("f").withStack(7)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Probe.counting("f").withStack(8)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Probe.timing("f").atEntry()).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Probe.tracing("f", ValueKind.VOID)).isInstanceOf(IllegalArgumentException.class);
    }
}
