package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers made of two builds, in real processes: the new code runs, and the old build's data is the only one. */
class BuildPatchTest {
    @TempDir
    private Path directory;

    private Path build(String name, String... options) throws Exception {
        Victims victims = new Victims(directory);
        victims.resource("carved.h");
        List<String> all = new ArrayList<>(
                List.of("-g", "-shared", "-fPIC", "-Wl,-soname,libcarved.so"));
        for (String option : options) {
            all.addAll(List.of(option.split(" ", -1)));
        }
        return victims.compiled(name, "carved.c", all.toArray(String[]::new));
    }

    private Path program() throws Exception {
        return new Victims(directory).compiled("carved_main", "carved_main.c", "-L" + directory, "-lcarved",
                "-Wl,-rpath," + directory);
    }

    /** Whatever way the compiler has to get at data, functions and thread-locals. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"-O2", "-O0 -fcf-protection", "-O3 -fno-plt -Wl,-z,now -march=x86-64-v2",
            "-Os -mtls-dialect=gnu2", "-O2 -ftls-model=initial-exec -fpatchable-function-entry=16,14"})
    void theNewCodeUsesTheDataOfTheOldBuild(String options) throws Exception {
        Path old = build("libcarved.so", options);
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, build("new.so", options, "-DFIXED"), container, Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
        assertThat(report.functions()).extracting(PackReport.Function::name).containsExactlyInAnyOrder("answer", "text",
                "choose", "forms", "hooked");
        try (RunningServer server = RunningServer.preloaded(program());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("1")).isEqualTo("1102 old one 3.75 41 4 6 state 2 101 5");
            assertThat(server.ask("5")).isEqualTo("2107 old two 5.62 46 4 7 state 10 -9 6");
            long forms = Long.parseLong(server.ask("f5"));
            LivePatch patch = LivePatch.open(container);
            PatchPlan plan = process.plan(patch);
            assertThat(plan.isApplicable()).as(plan.toString()).isTrue();
            assertThat(process.apply(plan, Consistency.DEFAULT).functions()).hasSize(5);
            assertThat(server.ask("f5")).isEqualTo(Long.toString(forms + 1));
            assertThat(server.ask("2")).isEqualTo("3124 fixed two 8.44 48 20 8 State 1004 113 7");
            assertThat(server.ask("5")).isEqualTo("4140 fixed two 12.66 53 4 9 State 1010 -99 8");
            process.revert(patch.id());
            assertThat(server.ask("5")).isEqualTo("5131 old two 18.98 58 4 10 State 10 -9 9");
            // What the new code has brought along begins anew with the next patch, all else goes on.
            process.apply(patch);
            assertThat(server.ask("5")).isEqualTo("6151 fixed two 28.48 63 20 11 State 1010 -99 10");
        }
    }

    @Tag("slow")
    @Test
    void exceptionsGetThroughTheNewCode() throws Exception {
        Victims victims = new Victims(directory);
        Path old = victims.compiled("thrower", "carved_throwing.cc", "-g");
        Path container = directory.resolve("fix.so");
        PackReport report = BuildDiff.pack(old, victims.compiled("new", "carved_throwing.cc", "-g", "-DFIXED"),
                container, Set.of());
        assertThat(report.findings()).as(report.toString()).isEmpty();
        try (RunningServer server = RunningServer.preloaded(old);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("1")).isEqualTo("text 100");
            assertThat(server.ask("3")).isEqualTo("old own own 200");
            process.apply(LivePatch.open(container));
            assertThat(server.ask("1")).isEqualTo("text 300");
            assertThat(server.ask("3")).isEqualTo("fixed own own 400");
            assertThat(server.ask("8")).isEqualTo("eight 400");
            assertThat(server.ask("5")).isEqualTo("fixed range 400");
        }
    }

    private List<String> refusals(String... options) throws Exception {
        Path container = directory.resolve("refused.so");
        List<String> all = new ArrayList<>(List.of("-O2", "-DFIXED"));
        all.addAll(List.of(options));
        PackReport report = BuildDiff.pack(build("libcarved.so", "-O2"), build("new.so", all.toArray(String[]::new)),
                container, Set.of());
        assertThat(container.toFile().exists()).isEqualTo(report.isPackable());
        return report.findings().stream().map(finding -> finding.check().word() + " " + finding.message()).toList();
    }

    @Tag("slow")
    @Test
    void whatTheOldBuildCannotBeGivenIsRefused() throws Exception {
        assertThat(refusals()).isEmpty();
        java.nio.file.Files.delete(directory.resolve("refused.so"));
        assertThat(refusals("-DBEGINS_OTHERWISE")).singleElement().asString()
                .startsWith("data limit begins with another value");
        assertThat(refusals("-DGROWS")).anySatisfy(message -> assertThat(message)
                .startsWith("reference room has 80 bytes instead of 40"));
        assertThat(refusals("-DMORE_THREAD_LOCALS")).isNotEmpty().allSatisfy(message -> assertThat(message)
                .startsWith("reference ").contains("thread-local variables may not come"));
        assertThat(refusals("-DOTHER_LAYOUT")).anySatisfy(message -> assertThat(message)
                .startsWith("layout pair is not what it is in the target"));
        assertThat(refusals("-fno-stack-protector", "-fcf-protection=none")).isEmpty();
    }

    @Test
    void equalBuildsMakeNoPatch() throws Exception {
        PackReport report = BuildDiff.pack(build("libcarved.so", "-O2"), build("new.so", "-O2"),
                directory.resolve("none.so"), Set.of());
        assertThat(report.findings()).singleElement().extracting(Finding::check).isEqualTo(Check.UNKNOWN);
    }
}
