package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.container.Libpulp;
import dev.pulpo.ffm.Launcher;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Containers and tools of libpulp and of this project on each other's processes; skipped where libpulp is not at hand. */
@Timeout(120)
class LibpulpTest {
    private static final String[] LINES = {"TARGET", "get_secret:new_secret", "get_local:new_local",
            "get_shared:new_shared", "#secret:secret_reference", "#%local:local_reference",
            "#%shared_local:shared_reference"};

    @TempDir
    static Path directory;
    static Victims victims;
    static String ulp;

    @BeforeAll
    static void build() throws Exception {
        ulp = Libpulp.ulp();
        victims = new Victims(directory);
        victims.scene();
        victims.container("ours.so", 1000, victims.privateLibrary(), LINES);
    }

    private static Path ours() {
        return directory.resolve("ours.so");
    }

    /** The same patch, packed by libpulp's packer. */
    private static Path theirs() throws Exception {
        Path file = victims.compiled("theirs.so", "private_fix.c", "-shared", "-fPIC", "-DBASE=2000");
        Tools.run(ulp, "packer", "-l", file.toString(), ours() + ".dsc");
        return file;
    }

    private static void answers(RunningServer server, int base) {
        assertThat(server.ask("secret")).isEqualTo(Integer.toString(base + 7));
        assertThat(server.ask("local")).isEqualTo(Integer.toString(base + 40));
        assertThat(server.ask("shared")).isEqualTo(Integer.toString(base + 50));
    }

    @Test
    void containerOfTheirPackerIsAppliedHere() throws Exception {
        LivePatch patch = LivePatch.open(theirs());
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch);
            answers(server, 2000);
            process.revert(patch.id());
            answers(server, 0);
        }
    }

    @Test
    void containerOfThisPackerIsAppliedByTheirTool() throws Exception {
        try (RunningServer server = RunningServer.of(carryingLibpulp())) {
            String pid = Integer.toString(server.pid());
            answers(server, 0);
            String applied = Tools.run(ulp, "trigger", "-p", pid, ours().toString());
            assertThat(applied).contains("SUCCESS");
            answers(server, 1000);
            assertThat(Tools.run(ulp, "patches", "-p", pid)).contains("ours.so", "bsc#1000");
            assertThat(Tools.run(ulp, "trigger", "-p", pid, "--revert", ours().toString())).contains("SUCCESS");
            answers(server, 0);
        }
    }

    /** It has libpulp's library, which says nothing to this tool; and that one's interposed allocator. */
    @Test
    void processThatCarriesLibpulpIsPatchedHere() throws Exception {
        LivePatch patch = LivePatch.open(ours());
        try (RunningServer server = RunningServer.of(carryingLibpulp());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.hasStub()).isFalse();
            for (int round = 0; round < 5; round++) {
                assertThat(process.apply(patch).injected()).isEqualTo(round == 0);
                answers(server, 1000);
                process.revert(patch.id());
                answers(server, 0);
            }
            // And theirs is still at work.
            assertThat(Tools.run(ulp, "trigger", "-p", Integer.toString(server.pid()), theirs().toString()))
                    .contains("SUCCESS");
            answers(server, 2000);
        }
    }

    /** What another tool has changed is not changed again, and not said to be this one's. */
    @Test
    void functionsThatTheirToolHasReplacedAreRefused() throws Exception {
        try (RunningServer server = RunningServer.of(carryingLibpulp());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Tools.run(ulp, "trigger", "-p", Integer.toString(server.pid()), theirs().toString());
            answers(server, 2000);
            assertThat(process.plan(LivePatch.open(ours())).refusals()).hasSize(3)
                    .hasOnlyElementsOfType(Refusal.UnexpectedBytes.class);
            assertThat(process.patches()).isEmpty();
        }
    }

    private static Launcher carryingLibpulp() {
        return new Launcher(victims.scene().toString()).environment("LD_PRELOAD", Libpulp.library());
    }
}
