package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
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

/** Probes that see calls return: what they leave alone, what they tell, and what they refuse. */
@Tag("slow")
class ProbeReturnTest {
    /** What takes and returns in every way, but for variadic functions. */
    private static final List<String> FUNCTIONS = List.of("add", "tail", "onwards", "parted", "recursive", "throwing",
            "jumping", "vectors", "turned", "hidden");

    /** What ends by an exception or longjmp(3). */
    private static final List<String> UNWOUND = List.of("throwing", "jumping");

    @TempDir
    static Path directory;

    /** The compiler, and its options. */
    static Stream<Arguments> builds() {
        return Stream.of(Arguments.of("g++", "-g -O2"), Arguments.of("g++", "-g -O1 -fpatchable-function-entry=16,14"),
                Arguments.of("g++", "-g -O0 -fcf-protection=full"), Arguments.of("clang++", "-g -O2"),
                Arguments.of("g++", "-g -O2 -fomit-frame-pointer -mno-red-zone"),
                // Without declarations only the code tells what is on the stack.
                Arguments.of("g++", "-O2"));
    }

    private static RunningServer server(String compiler, String options) throws Exception {
        String name = "returning" + compiler + options.replaceAll("[ =,]", "_");
        Path program = directory.resolve(name);
        if (!Files.exists(program)) {
            List<String> all = new ArrayList<>(Arrays.asList(options.split(" ", -1)));
            all.add("-pthread");
            new Victims(directory).compiledBy(compiler, name, "probed.cc", all.toArray(String[]::new));
        }
        return RunningServer.plain(program);
    }

    /**
     * A structure on the stack is taken apart by its address, which the code does not bound: seven words, and two more. Behind a
     * call of longjmp(3) comes code of another path.
     */
    private static Probe timing(String function) {
        return switch (function) {
            case "turned" -> Probe.timing(function).withStack(72);
            case "jumping" -> Probe.timing(function).withStack(0);
            default -> Probe.timing(function);
        };
    }

    @ParameterizedTest
    @MethodSource("builds")
    void probesThatMeasureChangeNothing(String compiler, String options) throws Exception {
        try (RunningServer server = server(compiler, options);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            String before = server.ask("all");
            List<LiveProbe> probes = new ArrayList<>();
            for (String function : FUNCTIONS) {
                probes.add(process.probe(timing(function)));
            }
            assertThat(server.ask("all")).isEqualTo(before);
            for (LiveProbe probe : probes) {
                ProbeTimes times = probe.times();
                assertThat(times.begun()).as(probe.toString()).isPositive();
                assertThat(times.returned()).as(probe.toString())
                        .isEqualTo(UNWOUND.contains(probe.probe().function()) ? 0 : times.begun());
            }
            for (LiveProbe probe : probes) {
                Outcome reverted = probe.revert();
                // Exceptions and longjmp leave return addresses in dead frames, which keep the code loaded.
                assertThat(reverted.unloaded() || UNWOUND.contains(probe.probe().function())).as(reverted.toString())
                        .isTrue();
            }
            assertThat(process.patches()).isEmpty();
            assertThat(server.ask("all")).isEqualTo(before);
        }
    }

    @Test
    void variadicFunctionsAreRefusedUnlessTheirStackIsStated() throws Exception {
        try (RunningServer server = server("g++", "-g -O2"); LiveProcess process = LiveProcess.attach(server.pid())) {
            String before = server.ask("all");
            assertThatThrownBy(() -> process.probe(Probe.timing("variadic"))).isInstanceOfSatisfying(
                    RefusedException.class, refused -> assertThat(refused.refusals().getFirst())
                            .isInstanceOf(Refusal.Unreturned.class));
            try (LiveProbe probe = process.probe(Probe.timing("variadic").withStack(128))) {
                assertThat(server.ask("all")).isEqualTo(before);
                assertThat(probe.times().returned()).isEqualTo(1);
            }
            assertThatThrownBy(() -> process.probe(Probe.timing("_setjmp").withStack(0)))
                    .isInstanceOf(RefusedException.class).hasMessageContaining("second time");
            assertThat(process.patches()).isEmpty();
        }
    }
}
