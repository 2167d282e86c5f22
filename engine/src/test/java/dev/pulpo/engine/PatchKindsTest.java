package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What patches refer to, what they bring along, and how large they are. */
class PatchKindsTest {
    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.scene();
    }

    /** A server that has opened a library and calls this function of it. */
    private static RunningServer calling(Path library, String function) {
        RunningServer server = RunningServer.preloaded(victims.scene());
        assertThat(server.ask("open " + library)).isEqualTo("open");
        assertThat(server.ask("address " + function)).isEqualTo("resolved");
        return server;
    }

    private static Path hidden(String name, List<String> options, String... lines) throws Exception {
        return victims.containerOf(name, "hidden_fix.c", options, victims.prepared("libhidden.so", "hidden.c"), lines);
    }

    @Test
    void hiddenFunctionIsReachedThroughAReferenceAndNotByItsName() throws Exception {
        Path named = hidden("named.so", List.of("-DNAMED", "-Wl,--allow-shlib-undefined"), "TARGET",
                "visible:new_visible");
        Path referring = hidden("referring.so", List.of(), "TARGET", "visible:new_visible",
                "#hidden:hidden_reference");
        try (RunningServer server = calling(victims.prepared("libhidden.so", "hidden.c"), "call_visible");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("call")).isEqualTo("37");
            assertThat(process.plan(LivePatch.open(named)).refusals()).singleElement()
                    .satisfies(refusal -> assertThat(((Refusal.Unsafe) refusal).finding().check())
                            .isEqualTo(Check.UNDEFINED));
            assertThatThrownBy(() -> process.apply(LivePatch.open(named).allow(Check.UNDEFINED)))
                    .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.refusals()).singleElement()
                            .isInstanceOf(Refusal.LoaderRefused.class))
                    .hasMessageContaining("undefined symbol: hidden");
            assertThat(server.ask("call")).isEqualTo("37");
            assertThat(process.patches()).isEmpty();
            process.apply(LivePatch.open(referring));
            assertThat(server.ask("call")).isEqualTo("1003");
        }
    }

    @Test
    void hiddenAndStaticFunctionsAreReplaced() throws Exception {
        Path fix = hidden("hidden-fix.so", List.of(), "TARGET", "hidden:new_hidden", "local:new_local");
        try (RunningServer server = calling(victims.prepared("libhidden.so", "hidden.c"), "call_visible");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(LivePatch.open(fix));
            assertThat(server.ask("call")).isEqualTo("59");
            process.revert(LivePatch.open(fix).id());
            assertThat(server.ask("call")).isEqualTo("37");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"full", "branch", "none"})
    void functionsWithAndWithoutLandingPads(String protection) throws Exception {
        Path library = victims.compiled("lib" + protection + ".so", "hidden.c", "-shared", "-fPIC",
                "-fpatchable-function-entry=16,14", "-fcf-protection=" + protection);
        Path fix = victims.containerOf(protection + ".so", "hidden_fix.c", List.of("-fcf-protection=" + protection),
                library, "TARGET", "visible:new_visible", "hidden:new_hidden", "#hidden:hidden_reference");
        try (RunningServer server = calling(library, "call_visible");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(LivePatch.open(fix));
            assertThat(plan.functions()).hasSize(2)
                    .allSatisfy(function -> assertThat(function.endbr64()).isEqualTo(!protection.equals("none")));
            process.apply(plan, Consistency.DEFAULT);
            assertThat(server.ask("call")).isEqualTo("1005");
            process.revert(LivePatch.open(fix).id());
            assertThat(server.ask("call")).isEqualTo("37");
        }
    }

    /** C++, with a library of its own; both go with the patch, and say so. */
    @Test
    void patchBringsObjectsAndLibrariesAlongAndTakesThemAway() throws Exception {
        Path helper = victims.compiled("libhelper.so", "helper.c", "-shared", "-fPIC", "-Wl,-soname,libhelper.so");
        Path fix = victims.compiled("objects.so", "objects_fix.cc", "-shared", "-fPIC", "-L" + directory, "-lhelper",
                "-Wl,-rpath," + directory);
        LivePatch patch = LivePatch.of(fix).target("libanswer.so").replace("answer", "fixed_answer");
        try (RunningServer server = calling(victims.library(), "answer");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int round = 0; round < 3; round++) {
                process.apply(patch);
                assertThat(server.ask("call")).isEqualTo(Integer.toString(1000 + 40 + 101 + 8));
                assertThat(server.ask("call")).isEqualTo(Integer.toString(1000 + 40 + 102 + 9));
                assertThat(process.libraries()).extracting(Library::path).contains(helper.toString());
                assertThat(process.revert(patch.id()).unloaded()).isTrue();
                assertThat(List.of(server.line(), server.line(), server.line())).containsExactly("object gone",
                        "object gone", "helper gone");
                assertThat(server.ask("call")).isEqualTo("1");
                assertThat(process.libraries()).extracting(Library::path).doesNotContain(helper.toString());
            }
        }
    }

    /** None of these has a bound of its own: the registry grows, and paths are as long as the kernel lets them be. */
    @Tag("slow")
    @Test
    void thousandsOfFunctionsLongCommentsAndLongPaths() throws Exception {
        int count = 1500;
        Files.writeString(directory.resolve("large.c"), IntStream.range(0, count)
                .mapToObj(i -> "int function_with_a_rather_long_name_and_the_number_" + i + "(void) { return " + i
                        + "; }\n")
                .collect(Collectors.joining())
                + "int last(void) { return function_with_a_rather_long_name_and_the_number_"
                + (count - 1) + "(); }\n");
        Files.writeString(directory.resolve("large_fix.c"), IntStream.range(0, count)
                .mapToObj(i -> "int new_" + i + "(void) { return -" + i + "; }\n").collect(Collectors.joining()));
        Path library = victims.compiled("liblarge.so", "large.c", "-shared", "-fPIC", "-fno-ipa-icf", "-fno-inline",
                "-fno-ipa-cp", "-fno-ipa-ra", "-fno-ipa-pure-const", "-fpatchable-function-entry=16,14");
        // PATH_MAX is 4096, NUL included (limits.h).
        Path deep = directory;
        while (deep.toString().length() < 3800) {
            deep = deep.resolve("d".repeat(200));
        }
        Files.createDirectories(deep);
        String[] lines = new String[count + 2];
        String comment = "c".repeat(99);
        lines[0] = ("!" + comment + "\n").repeat(1000).strip();
        lines[1] = "TARGET";
        for (int i = 0; i < count; i++) {
            lines[i + 2] = "function_with_a_rather_long_name_and_the_number_" + i + ":new_" + i;
        }
        Path fix = victims.containerOf("large.so", "large_fix.c", List.of(), library, lines);
        Path far = Files.copy(fix, deep.resolve("large.so"));
        LivePatch patch = LivePatch.open(far);
        try (RunningServer server = calling(library, "last"); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.apply(patch).functions()).hasSize(count);
            assertThat(server.ask("call")).isEqualTo(Integer.toString(-(count - 1)));
            assertThat(process.patches()).singleElement().satisfies(applied -> {
                assertThat(applied.status()).isEqualTo(AppliedPatch.Status.IN_FORCE);
                assertThat(applied.file()).isEqualTo(far.toString());
                assertThat(applied.comment()).hasSizeGreaterThan(100_000);
            });
            process.revert(patch.id());
            assertThat(server.ask("call")).isEqualTo(Integer.toString(count - 1));
        }
    }
}
