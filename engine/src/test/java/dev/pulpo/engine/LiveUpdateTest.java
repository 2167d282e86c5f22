package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.pulpo.elf.BuildId;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.Processes;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files are replaced on disk, and the processes that run the old ones are brought to the new ones. */
@Tag("slow")
class LiveUpdateTest {
    private static final int NOBODY = 65534;
    private static final int SOMEBODY = 4242;

    @TempDir
    private Path directory;
    private Path library;
    private Path program;
    private LiveUpdate update;

    @BeforeEach
    void install() throws Exception {
        assumeThat(Processes.effectiveUser()).as("only root may read files that others have mapped").isZero();
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        library = library("libupdated.so", 1);
        program = program("main", 1);
        update = LiveUpdate.ofThisMachine();
    }

    private Path library(String name, int version, String... options) throws Exception {
        List<String> all = new ArrayList<>(
                List.of("-g", "-shared", "-fPIC", "-DVERSION=" + version, "-DUNIQUE=" + directory.hashCode()));
        all.addAll(List.of(options));
        return new Victims(directory).compiled(name, "updated.c", all.toArray(String[]::new));
    }

    private Path program(String name, int version) throws Exception {
        return new Victims(directory).compiled(name, "updated_main.c", "-g", "-DVERSION=" + version, "-L" + directory,
                "-l:libupdated.so", "-Wl,-rpath," + directory);
    }

    private static void replace(Path installed, Path build) throws Exception {
        Files.move(build, installed, StandardCopyOption.ATOMIC_MOVE);
    }

    private UpdatePlan plan(LiveProcess process) {
        return update.plan(process, update.outdated(process.pid()));
    }

    private static List<UpdatePlan.State> states(UpdatePlan plan) {
        return plan.files().stream().map(UpdatePlan.File::state).toList();
    }

    @Test
    void programAndLibraryAreUpdatedInOneStopAndByTheNextUpdateAgain() throws Exception {
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(update.outdated(server.pid())).isEmpty();
            assertThat(server.ask("a101")).isEqualTo("101");
            replace(library, library("next.so", 2));
            replace(program, program("next", 2));
            assertThat(update.outdated(server.pid())).extracting(OutdatedFile::path)
                    .containsExactlyInAnyOrder(library.toString(), program.toString());
            UpdatePlan plan = plan(process);
            assertThat(plan.isPossible()).as(plan.toString()).isTrue();
            assertThat(plan.isUpToDate()).isFalse();
            assertThat(plan.files()).flatExtracting(file -> file.change().orElseThrow().differences())
                    .containsExactlyInAnyOrder("changed answer", "changed own");
            // Looking changes nothing.
            assertThat(process.hasStub()).isFalse();
            List<Outcome> outcomes = update.apply(process, plan, Consistency.DEFAULT);
            assertThat(outcomes).hasSize(2).extracting(Outcome::stop).containsOnly(outcomes.getFirst().stop());
            assertThat(server.ask("a101")).isEqualTo("-1");
            assertThat(server.ask("p1")).isEqualTo("2001");
            assertThat(server.ask("c")).isEqualTo("2");

            UpdatePlan again = plan(process);
            assertThat(states(again)).containsOnly(UpdatePlan.State.UPDATED);
            assertThat(again.isUpToDate()).isTrue();
            assertThat(update.apply(process, again, Consistency.DEFAULT)).isEmpty();

            replace(library, library("next.so", 3));
            UpdatePlan next = plan(process);
            assertThat(states(next)).containsExactlyInAnyOrder(UpdatePlan.State.UPDATED, UpdatePlan.State.POSSIBLE);
            Outcome outcome = update.apply(process, next, Consistency.DEFAULT).getFirst();
            assertThat(outcome.reverted()).hasSize(1);
            assertThat(server.ask("a5")).isEqualTo("15");
            assertThat(server.ask("c")).isEqualTo("3");
            assertThat(process.patches()).hasSize(2);
            process.revert(process.patches().stream().map(AppliedPatch::id).toList(), Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("101");
            assertThat(server.ask("p1")).isEqualTo("1001");
            assertThat(plan(process).isUpToDate()).isFalse();
        }
    }

    /** Package managers rename the new file over the old one; others delete it first. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void fileIsReplacedInEitherWay(boolean renamed) throws Exception {
        try (RunningServer server = RunningServer.preloaded(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Path next = library("next.so", 2);
            if (renamed) {
                replace(library, next);
            } else {
                Files.delete(library);
                Files.copy(next, library);
            }
            update.apply(process, plan(process), Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("-1");
        }
    }

    /** What programs make in /tmp at run time often goes at once; what was installed elsewhere and has gone is outdated. */
    @Test
    void fileThatIsGoneIsOutdated() throws Exception {
        Path place = Files.createTempDirectory(Path.of("/var/tmp"), "pulpo");
        Path elsewhere = Files.copy(library, place.resolve("libelsewhere.so"));
        try (RunningServer server = RunningServer
                .of(Launcher.ofBytes(List.of(bytes(program.toString()))).preload(bytes(elsewhere.toString())));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Files.delete(elsewhere);
            assertThat(update.outdated(server.pid())).singleElement().matches(OutdatedFile::gone);
            assertThat(plan(process).isUpToDate()).isFalse();
            assertThat(plan(process).isPossible()).isFalse();
        } finally {
            Files.deleteIfExists(elsewhere);
            Files.delete(place);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void buildThatIsInstalledAgainIsNotOutdated() throws Exception {
        try (RunningServer server = RunningServer.plain(program)) {
            replace(library, Files.copy(library, directory.resolve("copy.so")));
            assertThat(update.outdated(server.pid())).isEmpty();
        }
    }

    @Test
    void allFilesOfAProcessAreUpdatedOrNone() throws Exception {
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            replace(program, program("next", 2));
            replace(library, library("next.so", 2, "-DOTHER_SIGNATURE"));
            UpdatePlan plan = plan(process);
            assertThat(plan.isPossible()).as(plan.toString()).isFalse();
            assertThat(states(plan)).contains(UpdatePlan.State.IMPOSSIBLE);
            assertThat(plan.files()).flatExtracting(UpdatePlan.File::reasons).asString().contains("sum");
            assertThat(process.patches()).isEmpty();
            // What can be, is, if it is asked for by itself.
            UpdatePlan some = update.plan(process, update.outdated(server.pid()).stream()
                    .filter(file -> file.path().equals(program.toString())).toList());
            update.apply(process, some, Consistency.DEFAULT);
            assertThat(server.ask("p1")).isEqualTo("2001");
        }
    }

    @Test
    void patchOfSomebodyElseIsNotReverted() throws Exception {
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Path fix = directory.resolve("fix.so");
            Path emergency = library("emergency.so", 9);
            assertThat(BuildDiff.pack(library, emergency, fix, java.util.Set.of()).isPackable()).isTrue();
            process.apply(LivePatch.open(fix));
            replace(library, library("next.so", 2));
            UpdatePlan plan = plan(process);
            assertThat(plan.isPossible()).isFalse();
            assertThat(plan.files()).flatExtracting(UpdatePlan.File::reasons).asString()
                    .contains("which no update has applied");
            assertThat(server.ask("a5")).isEqualTo("45");
        }
    }

    /** A downgrade: the process runs the code of the newer build still, and nobody says that it is up to date. */
    @Test
    void updateToABuildThatIsNoLongerInstalledIsSeen() throws Exception {
        Path kept = Files.copy(library, directory.resolve("kept.so"));
        try (RunningServer server = RunningServer.plain(program);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Path link = Files.createLink(directory.resolve("link.so"), library);
            replace(library, library("next.so", 2));
            update.apply(process, plan(process), Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("-1");
            // The very file that the process has mapped, and a copy of it.
            for (Path old : List.of(link, kept)) {
                replace(library, old);
                update = LiveUpdate.ofThisMachine();
                UpdatePlan plan = plan(process);
                assertThat(plan.isUpToDate()).isFalse();
                assertThat(plan.files()).flatExtracting(UpdatePlan.File::reasons).asString().contains("revert it");
            }
            process.revert(process.patches().getFirst().id());
            assertThat(plan(process).isUpToDate()).isTrue();
            assertThat(server.ask("a101")).isEqualTo("101");
        }
    }

    /** Root makes the container, and the process of a user gets the code of that user's files. */
    @Test
    void processOfAUserGetsNothingOfOthers() throws Exception {
        Path home = Files.createDirectory(directory.resolve("home"));
        Files.setAttribute(home, "unix:uid", NOBODY);
        Path own = Files.copy(library, home.resolve("libown.so"));
        Files.setAttribute(own, "unix:uid", NOBODY);
        try (RunningServer server = ofNobody(own); LiveProcess process = LiveProcess.attach(server.pid())) {
            Path next = library("next.so", 2);
            Files.delete(own);
            Files.copy(next, own);
            // Somebody else's file, and a file that the user may not read.
            Files.setAttribute(own, "unix:uid", SOMEBODY);
            assertThat(objection(server)).contains("belongs to user " + SOMEBODY);
            Files.setAttribute(own, "unix:uid", 0);
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
            assertThat(objection(server)).contains("user " + NOBODY + " may not read");
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertThat(objection(server)).contains("others than its owner may write");
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxr-xr-x"));
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
            assertThat(objection(server)).contains("others than its owner may write to " + home);
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
            assertThat(objection(server)).isEmpty();
            // A link leads anywhere.
            Files.delete(own);
            Files.createSymbolicLink(own, next);
            update = LiveUpdate.ofThisMachine();
            assertThat(plan(process).files()).flatExtracting(UpdatePlan.File::reasons).asString()
                    .contains("is a symbolic link");
            Files.delete(own);
            Files.copy(next, own);
            Files.setAttribute(own, "unix:uid", NOBODY);
            Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
            update = LiveUpdate.ofThisMachine();
            UpdatePlan plan = plan(process);
            assertThat(plan.isPossible()).as(plan.toString()).isTrue();
            // What only the user may read does not become readable for all.
            Path container = plan.files().getFirst().change().orElseThrow().container().orElseThrow();
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(container))).isEqualTo("rw-------");
            update.apply(process, plan, Consistency.DEFAULT);
            assertThat(server.ask("a101")).isEqualTo("-1");
        }
    }

    private RunningServer ofNobody(Path preloaded) {
        return RunningServer.of(Launcher.ofBytes(Stream.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY,
                "--clear-groups", "--", "env", "LD_PRELOAD=" + preloaded, program.toString())
                .map(LiveUpdateTest::bytes).toList()));
    }

    private String objection(RunningServer server) {
        update = LiveUpdate.ofThisMachine();
        List<OutdatedFile> files = update.outdated(server.pid());
        assertThat(files).hasSize(1);
        files.stream().filter(file -> file.objection().isPresent()).forEach(file -> {
            FileChange change = update.change(file);
            assertThat(change.container()).isEmpty();
            assertThat(change.objections()).isNotEmpty();
        });
        return files.getFirst().objection().orElse("");
    }

    /** A build-id is a claim. What was found for two files is not believed of others that claim to be them. */
    @Test
    void forgedBuildIdGetsNoOtherFilesContainer() throws Exception {
        Path old = library("libupdated.so", 1, "-Wl,--build-id=0x0102030405060708090a");
        Path forged = library("forged.so", 7, "-Wl,--build-id=0x0102030405060708090b");
        Path honest = library("honest.so", 2, "-Wl,--build-id=0x0102030405060708090b");
        try (RunningServer first = RunningServer.plain(program);
                RunningServer second = RunningServer.plain(program);
                LiveProcess one = LiveProcess.attach(first.pid());
                LiveProcess two = LiveProcess.attach(second.pid())) {
            replace(old, forged);
            UpdatePlan bad = plan(one);
            update.apply(one, bad, Consistency.DEFAULT);
            assertThat(first.ask("a5")).isEqualTo("35");
            replace(old, honest);
            update = LiveUpdate.ofThisMachine();
            UpdatePlan good = plan(two);
            assertThat(good.files()).extracting(UpdatePlan.File::file).extracting(OutdatedFile::installed)
                    .contains(bad.files().getFirst().file().installed());
            assertThat(good.files().getFirst().file().installed().map(BuildId::hex)).contains("0102030405060708090b");
            update.apply(two, good, Consistency.DEFAULT);
            assertThat(second.ask("a5")).isEqualTo("10");
            // The patch in force is of another content.
            assertThat(plan(one).isUpToDate()).isFalse();
        }
    }

    @Test
    void resultIsTakenFromTheCacheUnlessItWasTamperedWith() throws Exception {
        try (RunningServer server = RunningServer.plain(program)) {
            replace(library, library("next.so", 2));
            OutdatedFile file = update.outdated(server.pid()).getFirst();
            FileChange first = update.change(file);
            Path container = first.container().orElseThrow();
            Object made = Files.getLastModifiedTime(container);
            assertThat(LiveUpdate.ofThisMachine().change(file)).isEqualTo(first);
            assertThat(Files.getLastModifiedTime(container)).isEqualTo(made);
            Files.write(container, new byte[100]);
            assertThat(LiveUpdate.ofThisMachine().change(file)).isEqualTo(first);
            assertThat(LivePatch.open(container).replacements()).hasSize(1);
        }
    }
}
