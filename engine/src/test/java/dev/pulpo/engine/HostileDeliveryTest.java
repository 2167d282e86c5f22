package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.ffm.Launcher;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Processes that lie while a patch is handed over to them: root writes, opens and deletes nothing for them. */
class HostileDeliveryTest {
    private static final int NOBODY = 65_534;
    private static final Consistency AT_ONCE = Consistency.none();

    @TempDir
    static Path directory;
    static Victims victims;

    @BeforeAll
    static void build() throws Exception {
        Needed.root();
        Needed.commands("setpriv", "mkfifo", "unshare", "mount");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        victims = new Victims(directory);
    }

    private static RunningServer ofNobody(List<String> program) {
        List<String> command = new ArrayList<>(
                List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups", "--"));
        command.addAll(program);
        return RunningServer.of(LiveProcess.launcher(command));
    }

    private static RunningServer liar(String... words) {
        List<String> program = new ArrayList<>(List.of(victims.linked("liar.c").toString()));
        program.addAll(List.of(words));
        return ofNobody(program);
    }

    private static LivePatch patch() {
        return LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    private static ThrowingCallable applying(LiveProcess process) {
        return () -> process.apply(process.plan(patch()), AT_ONCE);
    }

    /** It may open the file for nothing but its name; through procfs root could open it for writing. */
    @Test
    void fileThatTheTargetSaysToBeItsOwnIsNotWritten() throws Exception {
        Path secret = Files.writeString(directory.resolve("secret"), "only root may write this\n");
        Files.setPosixFilePermissions(secret, PosixFilePermissions.fromString("rw-------"));
        try (RunningServer server = liar("open", secret.toString());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(applying(process)).isInstanceOf(PulpoException.class)
                    .hasMessageContaining("write in process " + server.pid()).hasMessageContaining("EBADF");
            assertThat(server.ask("answer")).isEqualTo("1");
        }
        assertThat(secret).hasContent("only root may write this\n");
    }

    @Test
    void fifoThatNobodyReadsIsNotWaitedFor() throws Exception {
        Path fifo = directory.resolve("fifo");
        Tools.run("mkfifo", "-m", "666", fifo.toString());
        try (RunningServer server = liar("open", fifo.toString());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(applying(process)).isInstanceOf(PulpoException.class);
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0x100000000", "-5000", "0x7fffffffffffffff", "-1", "99999"})
    void numberThatIsNoDescriptorIsAnError(String number) throws Exception {
        try (RunningServer server = liar(number); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(applying(process)).isInstanceOf(PulpoException.class)
                    .hasMessageContaining("process " + server.pid());
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    @Test
    void fileThatIsNotFilledIsNotLoaded() throws Exception {
        try (RunningServer server = liar("short"); LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThatThrownBy(applying(process)).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("it wrote 1 of ");
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    private static Launcher inOwnMounts(String before) {
        return LiveProcess.launcher(List.of("unshare", "--mount", "sh", "-c", before + " && exec \"$@\"", "sh",
                victims.server().toString(), "1", "sleep"));
    }

    /** A write beyond the limit would send the thread a SIGXFSZ, of which the process would die. */
    @Test
    void limitOfFileSizesIsNotRunInto() throws Exception {
        Path hidden = Files.createDirectories(directory.resolve("hidden"));
        Path fix = Files.copy(victims.fix(2), hidden.resolve("fix.so"));
        try (RunningServer server = RunningServer.of(
                inOwnMounts("mount -t tmpfs none " + hidden + " && ulimit -f 8"));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.of(fix).target("libanswer.so").replace("answer", "fixed_answer");
            assertThatThrownBy(() -> process.apply(process.plan(patch), AT_ONCE))
                    .isInstanceOfSatisfying(RefusedException.class,
                            refused -> assertThat(refused.remedies()).containsExactly(Remedy.Action.RAISE_FILE_LIMIT))
                    .hasMessageContaining("it may make no file of more than ").hasMessageContaining("prlimit(2)");
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    /** What has been handed over can be changed by nobody any more, and is what was checked. */
    @Test
    void contentThatIsHandedOverIsSealed() throws Exception {
        Path hidden = Files.createDirectories(directory.resolve("sealed"));
        Path fix = Files.copy(victims.fix(2), hidden.resolve("fix.so"));
        try (RunningServer server = RunningServer.of(inOwnMounts("mount -t tmpfs none " + hidden));
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.of(fix).target("libanswer.so").replace("answer", "fixed_answer");
            process.apply(process.plan(patch), AT_ONCE);
            assertThat(server.ask("answer")).isEqualTo("2");
            Path mapped = Files.readAllLines(Path.of("/proc/" + server.pid() + "/maps")).stream()
                    .filter(line -> line.contains("/memfd:pulpo:fix"))
                    .map(line -> Path.of("/proc/" + server.pid() + "/map_files/" + line.split(" ")[0])).findFirst()
                    .orElseThrow();
            assertThatThrownBy(() -> Files.write(mapped, new byte[1])).isInstanceOf(java.io.IOException.class);
            assertThat(Files.mismatch(mapped, fix)).isEqualTo(-1);
            process.revert(patch.id(), AT_ONCE);
            assertThat(server.ask("answer")).isEqualTo("1");
        }
    }

    /** Between the look at a file and the loader's its owner could put another one there. */
    @Test
    void fileThatAnotherUserCanReplaceIsHandedOverByItsContent() throws Exception {
        Path theirs = Files.createDirectories(directory.resolve("theirs"));
        Path fix = Files.copy(victims.fix(2), theirs.resolve("replaceable.so"));
        Files.setAttribute(theirs, "unix:uid", 4711);
        try (RunningServer server = RunningServer.preloaded(victims.server(), "1", "sleep");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            LivePatch patch = LivePatch.of(fix).target("libanswer.so").replace("answer", "fixed_answer");
            process.apply(process.plan(patch), AT_ONCE);
            assertThat(server.ask("answer")).isEqualTo("2");
            assertThat(Path.of("/proc/" + server.pid() + "/maps")).content().contains("/memfd:pulpo:replaceable")
                    .doesNotContain(fix.toString());
        }
    }

    /** A root directory without procfs, in which another user could replace what is put there. */
    @Test
    void placeThatOthersCanChangeIsNotUsed() throws Exception {
        Path jail = Files.createDirectories(directory.resolve("jail"));
        Path lure = Files.createDirectories(directory.resolve("lure"));
        Files.createSymbolicLink(jail.resolve("tmp"), Path.of("/../" + lure));
        Files.setAttribute(jail, "unix:uid", NOBODY);
        Files.setPosixFilePermissions(lure, PosixFilePermissions.fromString("rwxrwxrwx"));
        try (RunningServer server = RunningServer.preloaded(victims.scene());
                LiveProcess process = LiveProcess.attach(server.pid())) {
            assertThat(server.ask("chroot " + jail)).isEqualTo("changed");
            Path patch = victims.container("jailed.so", 1000, victims.scene(), "TARGET", "own:new_own");
            assertThatThrownBy(() -> process.apply(LivePatch.open(patch))).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("its root directory has no procfs");
            assertThat(lure).isEmptyDirectory();
        }
    }

    @Test
    @Timeout(60)
    void deadlineHoldsWhereTheTargetDoesNotReturn() throws Exception {
        try (RunningServer server = liar("stall");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            PatchPlan plan = process.plan(patch());
            assertThatThrownBy(() -> process.apply(plan, Consistency.functionQuiescent(Duration.ofMillis(300))))
                    .isInstanceOf(BorrowedCallException.class);
        }
    }
}
