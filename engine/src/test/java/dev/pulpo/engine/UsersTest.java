package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tools and processes of different users. */
class UsersTest {
    private static final int NOBODY = 65_534;
    private static final int SOMEBODY = 4711;

    @TempDir
    static Path directory;
    static Victims victims;
    static OtherUser nobody;

    @BeforeAll
    static void build() throws Exception {
        Needed.root();
        Needed.commands("setpriv");
        victims = new Victims(directory);
        victims.server();
        victims.scene();
        nobody = new OtherUser(NOBODY, directory);
        Files.setPosixFilePermissions(victims.fix(2), PosixFilePermissions.fromString("r--r--r--"));
    }

    private static LivePatch patch(int value) {
        return LivePatch.of(victims.fix(value)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    private static RunningServer server(int user, boolean preloaded) {
        List<String> command = List.of("setpriv", "--reuid=" + user, "--regid=" + user, "--clear-groups", "--",
                victims.server().toString(), "2", "sleep");
        return RunningServer.of(preloaded ? LiveProcess.launcher(command) : new Launcher(command));
    }

    /** The patch is a file that the process may not read. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rootPatchesTheProcessesOfAll(boolean preloaded) throws Exception {
        Files.setPosixFilePermissions(victims.fix(3), PosixFilePermissions.fromString("r--------"));
        try (RunningServer server = server(NOBODY, preloaded);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            process.apply(patch(3));
            assertThat(server.ask("answer")).isEqualTo("3");
            process.revert(patch(3).id());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    /** The process sees the stub's file and may not open it, so its content is handed over without a name. */
    @Test
    void stubThatTheProcessMayNotOpenIsInjected() throws Exception {
        Path own = directory.resolve("hidden");
        OtherUser root = new OtherUser(0, own);
        Path cache = Files.createDirectories(own.resolve("user-0/cache"));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwx------"));
        try (RunningServer server = server(NOBODY, false);
                LiveProcess process = LiveProcess.attach(server.pid())) {
            OtherUser.Result result = root.run(ApplyOnce.class, Integer.toString(server.pid()),
                    victims.fix(2).toString(), "libanswer.so", "answer", "fixed_answer");
            assertThat(result.status()).as(result.output()).isZero();
            assertThat(cache).isDirectoryRecursivelyContaining("glob:**/libpulpo.so");
            assertThat(process.hasStub()).isTrue();
            assertThat(Path.of("/proc", Integer.toString(server.pid()), "maps")).content()
                    .contains("/memfd:").contains(victims.fix(2).toString()).doesNotContain("libpulpo.so");
            assertThat(ProcessFilter.ALL.find()).contains(server.pid());
            assertThat(server.ask("answer")).isEqualTo("2");
            process.revert(patch(2).id());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    /** Since it gave its privileges up it is not dumpable, and what is below its directory in procfs is root's. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void daemonThatHasGivenUpItsPrivilegesIsPatched(boolean preloaded) throws Exception {
        Path patch = victims.container("daemon.so", 100, victims.scene(), "TARGET", "own:new_own");
        Files.setPosixFilePermissions(patch, PosixFilePermissions.fromString("r--------"));
        try (RunningServer server = preloaded
                ? RunningServer.preloaded(victims.scene())
                : RunningServer.plain(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("become " + NOBODY)).isEqualTo("become");
            process.apply(LivePatch.open(patch));
            assertThat(server.ask("own")).isEqualTo("111");
            process.revert(LivePatch.open(patch).id());
            assertThat(server.ask("own")).isEqualTo("11");
            // Those of the same user are not let near it.
            OtherUser.Result result = nobody.run(ApplyOnce.class, Integer.toString(server.pid()),
                    victims.fix(2).toString(), "libanswer.so", "answer", "fixed_answer");
            assertThat(result.output()).contains("AccessRefusedException", "not dumpable",
                    "run as root or with CAP_SYS_PTRACE");
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void usersPatchTheirOwnProcesses(boolean preloaded) throws Exception {
        try (RunningServer server = server(NOBODY, preloaded)) {
            OtherUser.Result result = nobody.run(ApplyOnce.class, Integer.toString(server.pid()),
                    victims.fix(2).toString(), "libanswer.so", "answer", "fixed_answer");
            assertThat(result.status()).as(result.output()).isZero();
            assertThat(server.ask("answer")).isEqualTo("2");
            result = nobody.run(ApplyMarked.class, Integer.toString(server.pid()), victims.fix(2).toString());
            assertThat(result).isEqualTo(new OtherUser.Result(0, "ARE"));
            assertThat(server.ask("answer")).isEqualTo("1");
            result = nobody.run(ApplyMarked.class, Integer.toString(server.pid()), victims.fix(2).toString());
            assertThat(result).isEqualTo(new OtherUser.Result(0, "ARE"));
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, SOMEBODY})
    void theProcessesOfOthersAreRefusedWithTheRemedy(int owner) throws Exception {
        try (RunningServer server = server(owner, true)) {
            OtherUser.Result result = nobody.run(ApplyOnce.class, Integer.toString(server.pid()),
                    victims.fix(2).toString(), "libanswer.so", "answer", "fixed_answer");
            assertThat(result.status()).isEqualTo(1);
            assertThat(result.output()).contains(AccessRefusedException.class.getName() + ": process " + server.pid()
                    + " may not be traced: it belongs to user " + owner + " and this is user " + NOBODY
                    + "; run as that user, as root or with CAP_SYS_PTRACE");
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @Test
    void processesOfAUserAreFoundByNameNumberAndWildcard() throws Exception {
        try (RunningServer theirs = server(NOBODY, true); RunningServer others = server(SOMEBODY, true)) {
            for (String user : List.of("nobody", "nob*", Integer.toString(NOBODY))) {
                assertThat(new ProcessFilter(java.util.Optional.of("server"), java.util.Optional.of(user)).find())
                        .as(user).contains(theirs.pid()).doesNotContain(others.pid());
            }
            assertThat(new ProcessFilter(java.util.Optional.empty(),
                    java.util.Optional.of(Integer.toString(SOMEBODY))).find()).containsExactly(others.pid());
            assertThat(ProcessFilter.ALL.find()).contains(theirs.pid(), others.pid());
            assertThatThrownBy(() -> LiveProcess.attach(99_999_999)).isInstanceOf(TargetGoneException.class);
        }
    }
}
