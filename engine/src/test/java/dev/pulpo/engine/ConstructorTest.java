package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.container.Libpulp;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Patches that run code while they are being loaded, when their references to the target are not written yet. */
class ConstructorTest {
    private static final String[] SECRET = {"TARGET", "get_secret:new_secret", "#secret:secret_reference"};

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() {
        victims = new Victims(directory);
        victims.scene();
    }

    private static Path patch(String way, String... options) throws Exception {
        List<String> all = new java.util.ArrayList<>(List.of(options));
        all.add("-D" + way);
        return victims.containerOf(way + String.join("", options) + ".so", "constructors.c", all,
                victims.privateLibrary(), SECRET);
    }

    @Test
    void constructorThatMindsItsOwnBusinessRuns() throws Exception {
        LivePatch patch = LivePatch.open(patch("OWN"));
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch);
            assertThat(server.ask("secret")).isEqualTo("1007");
            process.revert(patch.id());
            assertThat(server.ask("secret")).isEqualTo("7");
        }
    }

    @ParameterizedTest
    @CsvSource({"DIRECTLY, construct runs, reference to secret;", "HELPER, construct runs, secret in use;",
            "HANDED, construct runs, secret in use;", "TABLE, construct runs, secret in use;",
            "POINTER, construct runs, reference to secret;", "RESOLVER, resolve runs, secret in use;"})
    void whatMayUseAReferenceTooEarlyIsRefusedBeforeAnythingIsLoaded(String way, String who, String what)
            throws Exception {
        LivePatch patch = LivePatch.open(patch(way));
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch);
            assertThat(plan.refusals()).singleElement().isInstanceOfSatisfying(Refusal.Unsafe.class, unsafe -> {
                assertThat(unsafe.finding().check()).isEqualTo(Check.CONSTRUCTOR);
                assertThat(unsafe.message()).contains(who, what, "do this later",
                        "to do it nevertheless: allow(Check.CONSTRUCTOR)");
            });
            assertThatThrownBy(() -> process.apply(patch)).isInstanceOf(RefusedException.class);
            assertThat(process.libraries()).extracting(Library::path).doesNotContain(patch.file().toString());
            // Those who know better: this one looks whether it is there.
            process.apply(patch.allow(Check.CONSTRUCTOR));
            assertThat(server.ask("secret")).isEqualTo("1007");
        }
    }

    /** Without symbols, frames and sections tell what there is. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"", "-Wl,-z,now", "-Wl,-z,pack-relative-relocs", "-fno-plt", "-O0", "-fcf-protection=full"})
    void strippedPatchesAreSeenThrough(String option) throws Exception {
        String[] options = option.isEmpty() ? new String[]{"-s"} : new String[]{"-s", option};
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.plan(LivePatch.open(patch("OWN", options))).refusals()).isEmpty();
            for (String way : List.of("DIRECTLY", "HELPER", "HANDED", "TABLE", "POINTER", "RESOLVER")) {
                assertThat(process.plan(LivePatch.open(patch(way, options))).refusals()).as(way)
                        .hasSize(1).hasOnlyElementsOfType(Refusal.Unsafe.class);
            }
        }
    }

    @Test
    void thoseThatLibpulpHasPackedToo() throws Exception {
        String ulp = Libpulp.ulp();
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (String way : List.of("OWN", "HELPER")) {
                Path theirs = victims.compiled("theirs-" + way + ".so", "constructors.c", "-shared", "-fPIC",
                        "-D" + way);
                Tools.run(ulp, "packer", "-l", theirs.toString(), patch(way) + ".dsc");
                LivePatch patch = LivePatch.open(theirs);
                if (way.equals("OWN")) {
                    process.apply(patch);
                    assertThat(server.ask("secret")).isEqualTo("1007");
                } else {
                    assertThat(process.plan(patch).refusals()).hasSize(1).hasOnlyElementsOfType(Refusal.Unsafe.class);
                }
            }
        }
    }
}
