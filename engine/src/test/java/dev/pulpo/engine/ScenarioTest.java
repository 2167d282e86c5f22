package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Containers on processes that look at their own behaviour. */
class ScenarioTest {
    private static final String[] ALL = {"TARGET", "get_secret:new_secret", "get_local:new_local",
            "get_shared:new_shared", "#secret:secret_reference", "#%local:local_reference",
            "#%shared_local:shared_reference"};

    @TempDir
    static Path directory;
    static Victims victims;
    static Path thousand;
    static Path twoThousand;

    @BeforeAll
    static void build() throws Exception {
        victims = new Victims(directory);
        victims.scene();
        victims.library();
        thousand = victims.container("thousand.so", 1000, victims.privateLibrary(), ALL);
        twoThousand = victims.container("two-thousand.so", 2000, victims.privateLibrary(), ALL);
    }

    private static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call,
            Class<? extends Refusal> reason) {
        assertThatThrownBy(call).isInstanceOfSatisfying(RefusedException.class,
                e -> assertThat(e.refusals()).hasOnlyElementsOfType(reason));
    }

    private static void original(RunningServer server) {
        assertThat(server.ask("secret")).isEqualTo("7");
        assertThat(server.ask("local")).isEqualTo("40");
        assertThat(server.ask("shared")).isEqualTo("50");
    }

    private static void patched(RunningServer server, int base) {
        assertThat(server.ask("secret")).isEqualTo(Integer.toString(base + 7));
        assertThat(server.ask("local")).isEqualTo(Integer.toString(base + 40));
        assertThat(server.ask("shared")).isEqualTo(Integer.toString(base + 50));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void privateAndThreadLocalDataAreReached(boolean preloaded) throws Exception {
        try (RunningServer server = preloaded
                ? RunningServer.preloaded(victims.scene())
                : RunningServer.plain(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            original(server);
            LivePatch patch = LivePatch.open(thousand);
            PatchPlan plan = process.plan(patch);
            assertThat(plan.references()).hasSize(3);
            process.apply(plan, Consistency.DEFAULT);
            patched(server, 1000);
            // It is the thread's own data and not that of the one that was borrowed.
            assertThat(server.ask("set 5")).isEqualTo("set");
            assertThat(server.ask("secret")).isEqualTo("1005");
            assertThat(server.ask("local")).isEqualTo("1005");
            assertThat(server.ask("elsewhere")).isEqualTo("1040");
            assertThat(process.patches()).singleElement().satisfies(applied -> {
                assertThat(applied.id()).isEqualTo(patch.metadata().orElseThrow().id());
                assertThat(applied.comment()).isEqualTo(" bsc#1000\n");
            });
            process.revert(patch.id());
            assertThat(server.ask("local")).isEqualTo("5");
        }
    }

    @Test
    void programItselfIsPatchedUnderItsNameAndAsExe() throws Exception {
        Path own = victims.container("own.so", 100, victims.scene(), "TARGET", "own:new_own");
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            for (LivePatch patch : List.of(LivePatch.open(own), LivePatch.open(own).target("exe"))) {
                assertThat(server.ask("own")).isEqualTo("11");
                process.apply(patch);
                assertThat(server.ask("own")).isEqualTo("111");
                process.revert(patch.id());
            }
            assertThat(server.ask("own")).isEqualTo("11");
        }
    }

    @Test
    void strippedTargetIsPatchedAtTheAddressOfTheContainer() throws Exception {
        Path own = victims.container("own-stripped.so", 100, victims.scene(), "TARGET", "own:new_own");
        Path stripped = directory.resolve("stripped").resolve("scene");
        Files.createDirectories(stripped.getParent());
        assertThat(new ProcessBuilder("strip", "-o", stripped.toString(), victims.scene().toString()).start().waitFor())
                .isZero();
        try (RunningServer server = RunningServer.preloaded(stripped);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            // Its size is not known, so no thread may be anywhere in the program: the main thread always is.
            process.apply(process.plan(LivePatch.open(own)), Consistency.none());
            assertThat(server.ask("own")).isEqualTo("111");
        }
    }

    @Test
    void otherBuildIsRefused() throws Exception {
        LivePatch patch = LivePatch.open(thousand).targetBuild("00".repeat(20));
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.apply(patch), Refusal.BuildIdMismatch.class);
            original(server);
        }
    }

    @Test
    void dependenciesAreCheckedOnTheWayInAndOut() throws Exception {
        Path dependent = victims.container("dependent.so", 3000, victims.privateLibrary(), "*" + thousand, "TARGET",
                "get_secret:new_secret", "#secret:secret_reference");
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch needed = LivePatch.open(thousand);
            LivePatch needing = LivePatch.open(dependent);
            refused(() -> process.apply(needing), Refusal.MissingDependency.class);
            process.apply(needed);
            process.apply(needing);
            assertThat(server.ask("secret")).isEqualTo("3007");
            refused(() -> process.revert(needed.id()), Refusal.NeededByOther.class);
            // One that depends on another cannot take its place.
            process.revert(needing.id());
            refused(() -> process.apply(process.planInstead(needing, "target"), Consistency.DEFAULT),
                    Refusal.MissingDependency.class);
            patched(server, 1000);
            process.revert(needed.id());
            original(server);
        }
    }

    @Test
    void allPatchesOfALibraryGoInOneStop() throws Exception {
        Path answers = victims.container("answers.so", 9, victims.library(), "TARGET", "answer:new_answer");
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.revertAll("libprivate.so", Consistency.DEFAULT), Refusal.NoPatches.class);
            assertThat(server.ask("open " + victims.library())).isEqualTo("open");
            assertThat(server.ask("address answer")).isEqualTo("resolved");
            process.apply(LivePatch.open(answers));
            process.apply(LivePatch.open(thousand));
            process.apply(LivePatch.open(twoThousand));
            patched(server, 2000);
            Outcome outcome = process.revertAll("libprivate.so", Consistency.DEFAULT);
            assertThat(outcome.reverted()).containsExactly(LivePatch.open(twoThousand).id(),
                    LivePatch.open(thousand).id());
            assertThat(outcome.unloaded()).isTrue();
            original(server);
            // That of another library stays, and a function that was resolved before leads to it, too.
            assertThat(server.ask("call")).isEqualTo("9");
            assertThat(process.patches()).hasSize(1);
        }
    }

    @ParameterizedTest
    @CsvSource({"target", "libprivate.so"})
    void patchesOfALibraryGiveWayToAnotherInTheSameStop(String library) throws Exception {
        Path secret = victims.container("secret.so", 5000, victims.privateLibrary(), "TARGET",
                "get_secret:new_secret", "#secret:secret_reference");
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(LivePatch.open(thousand));
            process.apply(LivePatch.open(twoThousand));
            PatchPlan plan = process.planInstead(LivePatch.open(secret), library);
            assertThat(plan.leaving()).hasSize(2);
            Outcome outcome = process.apply(plan, Consistency.DEFAULT);
            assertThat(outcome.reverted()).isEqualTo(plan.leaving());
            assertThat(server.ask("secret")).isEqualTo("5007");
            assertThat(server.ask("local")).isEqualTo("40");
            assertThat(server.ask("shared")).isEqualTo("50");
            assertThat(process.patches()).singleElement().satisfies(
                    patch -> assertThat(patch.status()).isEqualTo(AppliedPatch.Status.IN_FORCE));
            // The same again: it gives way to itself.
            process.apply(process.planInstead(LivePatch.open(secret), library), Consistency.DEFAULT);
            assertThat(server.ask("secret")).isEqualTo("5007");
            process.revert(LivePatch.open(secret).id());
            original(server);
            assertThat(process.patches()).isEmpty();
        }
    }

    @Test
    void libraryThatWasClosedAndOpenedAgainIsNotBelievedPatched() throws Exception {
        Path answers = victims.container("reloaded.so", 9, victims.library(), "TARGET", "answer:new_answer");
        LivePatch patch = LivePatch.open(answers);
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.apply(patch), Refusal.TargetNotLoaded.class);
            for (int round = 0; round < 3; round++) {
                server.ask("open " + victims.library());
                server.ask("address answer");
                assertThat(server.ask("call")).isEqualTo("1");
                process.apply(patch);
                assertThat(server.ask("call")).isEqualTo("9");
                assertThat(server.ask("close")).isEqualTo("0");
                assertThat(process.patches()).singleElement().satisfies(
                        applied -> assertThat(applied.status()).isEqualTo(AppliedPatch.Status.NOT_IN_FORCE));
            }
            server.ask("open " + victims.library());
            server.ask("address answer");
            process.apply(patch);
            assertThat(server.ask("call")).isEqualTo("9");
            process.revert(patch.id());
            assertThat(server.ask("call")).isEqualTo("1");
            assertThat(process.patches()).isEmpty();
        }
    }

    @Test
    void ownerSwitchesPatchingOffAndOn() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.isPatchable()).isTrue();
            assertThat(process.setPatchable(false)).isTrue();
            assertThat(process.setPatchable(false)).isFalse();
            assertThat(process.isPatchable()).isFalse();
            refused(() -> process.apply(LivePatch.open(thousand)), Refusal.Disabled.class);
            original(server);
            assertThat(process.setPatchable(true)).isTrue();
            process.apply(LivePatch.open(thousand));
            patched(server, 1000);
        }
        try (RunningServer server = RunningServer.plain(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.setPatchable(false), Refusal.NoStub.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"PATH, /nowhere/*:*/scene, true", "PATH, +(/)*scen[de], true", "PATH, /nowhere/*::x, false",
            "USERS, 123456:ROOT, false", "USERS, 4711:ID, true", "USERS, NAME, true", "USERS, 'N*:@(x|NAM?)', false",
            "GROUPS, ID, true", "GROUPS, nosuchgroup, false"})
    void environmentSwitchesPatchingOff(String variable, String patterns, boolean disabled) throws Exception {
        String name = System.getProperty("user.name");
        String id = run("id", variable.equals("GROUPS") ? "-g" : "-u");
        String value = patterns.replace("NAME", name).replace("ID", id);
        Launcher launcher = LiveProcess.launcher(List.of(victims.scene().toString()))
                .environment("LIBPULP_DISABLE_ON_" + variable, value);
        try (RunningServer server = RunningServer.of(launcher);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.isPatchable()).isEqualTo(!disabled);
            if (disabled) {
                refused(() -> process.apply(LivePatch.open(thousand)), Refusal.Disabled.class);
                original(server);
                assertThat(process.messages()).singleElement().asString().contains("LIBPULP_DISABLE_ON_" + variable);
            }
        }
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).start();
        return new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).strip();
    }

    @Test
    void disabledByTheEnvironmentIsNoticedAfterInjectionToo() throws Exception {
        Launcher launcher = new Launcher(victims.scene().toString()).environment("LIBPULP_DISABLE_ON_PATH", "*");
        try (RunningServer server = RunningServer.of(launcher);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            refused(() -> process.apply(LivePatch.open(thousand)), Refusal.Disabled.class);
            original(server);
        }
    }

    @Test
    void childOfAPatchedProcessIsPatched() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("fork")).isEqualTo("7");
            process.apply(LivePatch.open(thousand));
            assertThat(server.ask("fork")).isEqualTo(Integer.toString(1007 & 0x7f));
        }
    }

    @Test
    @Timeout(60)
    void threadThatWaitsInVforkIsNeitherFrozenNorWaitedFor() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("vfork")).isEqualTo("forked");
            try {
                process.apply(process.plan(LivePatch.open(thousand)),
                        Consistency.functionQuiescent(Duration.ofSeconds(1)));
                patched(server, 1000);
                process.revert(LivePatch.open(thousand).id(), Consistency.none());
            } catch (BlockedException blocked) {
                // Where its stack cannot be told to be clear, that is said, in time, and nothing has changed.
                assertThat(blocked.blockers()).hasOnlyElementsOfType(Blocker.UnknownStack.class);
            }
            original(server);
            process.apply(process.plan(LivePatch.open(twoThousand)), Consistency.none());
            patched(server, 2000);
            assertThat(server.ask("release")).isEqualTo("released");
            patched(server, 2000);
        }
    }

    @ParameterizedTest
    @CsvSource({"true, empty", "false, empty", "true, /proc", "false, /proc"})
    void processInAnotherRootDirectoryIsPatched(boolean preloaded, String root) throws Exception {
        Needed.root();
        Path empty = Files.createDirectories(directory.resolve("empty"));
        try (RunningServer server = preloaded
                ? RunningServer.preloaded(victims.scene())
                : RunningServer.plain(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("chroot " + (root.equals("empty") ? empty : root))).isEqualTo("changed");
            process.apply(LivePatch.open(thousand));
            patched(server, 1000);
            assertThat(empty).isEmptyDirectory();
            process.revert(LivePatch.open(thousand).id());
            original(server);
        }
    }

    @Test
    void patchIsLoadedUnderTheNameThatTheTargetSees() throws Exception {
        Needed.root();
        Path inside = Files.createDirectories(directory.resolve("root").resolve("elsewhere"));
        Files.createLink(inside.resolve("thousand.so"), thousand);
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            server.ask("chroot " + directory.resolve("root"));
            process.apply(LivePatch.open(thousand).seenAs(Path.of("/elsewhere/thousand.so")));
            patched(server, 1000);
            assertThat(process.libraries()).extracting(Library::path)
                    .contains(inside.resolve("thousand.so").toString());
        }
    }

    @Test
    void processInAnotherMountNamespaceIsPatched() throws Exception {
        Needed.root();
        Needed.commands("unshare", "mount");
        Path hidden = Files.createDirectories(directory.resolve("hidden"));
        Path patch = victims.container("hidden/hidden.so", 1000, victims.privateLibrary(), ALL);
        Launcher launcher = LiveProcess.launcher(List.of("unshare", "--mount", "sh", "-c",
                "mount -t tmpfs none " + hidden + " && exec " + victims.scene()));
        try (RunningServer server = RunningServer.of(launcher);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(LivePatch.open(patch));
            patched(server, 1000);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void seccompFilterThatKillsIsFoundOutBeforeAnythingIsCalled(boolean preloaded) throws Exception {
        try (RunningServer server = preloaded
                ? RunningServer.preloaded(victims.scene())
                : RunningServer.plain(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("seccomp kill")).isEqualTo("filtered");
            assertThatThrownBy(() -> process.apply(LivePatch.open(thousand)))
                    .isInstanceOfSatisfying(RefusedException.class, e -> assertThat(e.refusals())
                            .hasOnlyElementsOfType(Refusal.LoadingForbidden.class))
                    .hasMessageContaining("openat");
            original(server);
            assertThat(server.ask("seccomp again")).isEqualTo("filtered");
        }
    }

    @Test
    void filtersAreSuspendedForThoseWhoAskForIt() throws Exception {
        Needed.root();
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("seccomp kill")).isEqualTo("filtered");
            process.applySuspendingSeccomp(process.plan(LivePatch.open(thousand)), Consistency.DEFAULT);
            patched(server, 1000);
            // It is in force again.
            assertThatThrownBy(() -> server.ask("open /nowhere")).hasMessageContaining("has ended")
                    .hasMessageContaining("31");
        }
    }

    @Test
    void seccompFilterThatRefusesPolitelyIsTheLoadersRefusal() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("seccomp error")).isEqualTo("filtered");
            refused(() -> process.apply(LivePatch.open(thousand)), Refusal.LoaderRefused.class);
            original(server);
        }
    }

    @Test
    void seccompFilterThatDoesNotMindIsNoObstacle() throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("seccomp other")).isEqualTo("filtered");
            process.apply(LivePatch.open(thousand));
            patched(server, 1000);
        }
    }

    @ParameterizedTest
    @CsvSource({"padding_crosses, new_number, padding_crosses, 1, 77", "flip_crosses, new_number, flip_crosses, 2, 77",
            "entry_begins_page, new_number, entry_begins_page, 3, 77", "many, new_many, call_many, 66, 1066",
            "depth, new_depth, call_depth, 20, 540", "returned, new_returned, call_returned, 6, 52"})
    void functionsOfAllShapes(String old, String replacement, String called, String before, String after)
            throws Exception {
        Path library = victims.prepared("libshapes.so", "shapes.c");
        Path fix = victims.containerOf(old + ".so", "shapes_fix.c", library, "TARGET", old + ":" + replacement);
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("open " + library)).isEqualTo("open");
            server.ask("address " + called);
            assertThat(server.ask("call")).isEqualTo(before);
            process.apply(LivePatch.open(fix));
            assertThat(server.ask("call")).isEqualTo(after);
            process.revert(LivePatch.open(fix).id());
            assertThat(server.ask("call")).isEqualTo(before);
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void exceptionsPassThroughPatchedFunctions(boolean prepared) throws Exception {
        Path library = prepared
                ? victims.prepared("libthrowing.so", "throwing.cc")
                : victims.unprepared("libthrows.so", "throwing.cc");
        String suffix = prepared ? ".so" : "_entry.so";
        Path passer = victims.containerOf("passer" + suffix, "throwing_fix.cc", library, "TARGET",
                "passer:new_passer");
        Path thrower = victims.containerOf("thrower" + suffix, "throwing_fix.cc", library, "TARGET",
                "thrower:new_thrower");
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("open " + library)).isEqualTo("open");
            server.ask("address call_thrower");
            assertThat(server.ask("call")).isEqualTo("1001");
            process.apply(LivePatch.open(thrower));
            // A new exception through an old frame, whose destructor runs.
            assertThat(server.ask("call")).isEqualTo("1002");
            process.apply(LivePatch.open(passer));
            // Through a new frame: the old one's destructor has nothing to do.
            assertThat(server.ask("call")).isEqualTo("2");
            process.revert(LivePatch.open(thrower).id());
            assertThat(server.ask("call")).isEqualTo("2");
            process.revert(LivePatch.open(passer).id());
            assertThat(server.ask("call")).isEqualTo("1001");
        }
    }

    /** What functions catch is read, so that only those are refused whose first bytes an exception lands among. */
    @Test
    void functionsThatCallAtOnceAreReplacedWhereNoExceptionLands() throws Exception {
        Path library = victims.unprepared("libthrows.so", "throwing.cc");
        Path fix = victims.containerOf("lands.so", "throwing_fix.cc", library, "TARGET", "thrower:new_thrower");
        LivePatch patch = LivePatch.of(fix).target("libthrows.so");
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("open " + library)).isEqualTo("open");
            assertThat(process.plan(patch.replace("calls_at_once", "new_thrower")).refusals()).isEmpty();
            assertThat(process.plan(patch.replace("lands_at_once", "new_thrower")).refusals()).singleElement()
                    .isInstanceOfSatisfying(Refusal.NotPatchable.class,
                            refusal -> assertThat(refusal.reason()).contains("exceptions land at"));
        }
    }

    @Test
    void stubUnderItsOldNameIsFound() throws Exception {
        Path old = Files.copy(StubFile.path(), directory.resolve("libpulp.so"));
        Launcher launcher = new Launcher(victims.scene().toString()).environment("LD_PRELOAD", old.toString());
        try (RunningServer server = RunningServer.of(launcher);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(process.hasStub()).isTrue();
            assertThat(process.apply(LivePatch.open(thousand)).injected()).isFalse();
            patched(server, 1000);
        }
    }
}
