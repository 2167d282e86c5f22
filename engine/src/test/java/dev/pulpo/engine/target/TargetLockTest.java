package dev.pulpo.engine.target;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pulpo.engine.Needed;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Victims;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.ProcessLock;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The lock that keeps tools apart, when its holder dies and leaves a child that has it still. */
class TargetLockTest {
    @TempDir
    static Path directory;
    static Path locker;

    @BeforeAll
    static void build() throws Exception {
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        locker = new Victims(directory).compiled("locker", "locker.c");
    }

    /** Takes the lock by a process that ends at once; the shell keeps the descriptor until it is told to let go. */
    private static String holding(int pid) {
        return "exec 9</proc/" + pid + "/mem"
                + " && flock -x 9 && echo locked && read line && exec 9<&- && echo let go && read line";
    }

    /** Takes the lock and says so. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws IOException {
            try (ProcessLock lock = TargetLock.of(Integer.parseInt(arguments[0]))) {
                System.out.println("locked " + ProcessHandle.current().pid() + (lock.isOfAProcess() ? "" : "?"));
                System.in.read();
            }
            System.out.println("let go");
            System.in.read();
        }
    }

    /** Its version, 6009 for 6.9. */
    private static int kernel() {
        String[] numbers = System.getProperty("os.version").split("[.-]", 3);
        return 1000 * Integer.parseInt(numbers[0]) + Integer.parseInt(numbers[1]);
    }

    private static LaunchedProcess lockedByNobody(String what, int pid) {
        return ready(launch("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--", locker.toString(),
                what, Integer.toString(pid)));
    }

    private static LaunchedProcess ready(LaunchedProcess process) {
        try {
            BufferedReader said = new BufferedReader(
                    new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
            assertThat(said.readLine()).isEqualTo("ready");
            return process;
        } catch (IOException | AssertionError failed) {
            process.close();
            throw new IllegalStateException("it has no lock", failed);
        }
    }

    /** Who may not trace a process cannot keep tools from it. */
    @ParameterizedTest
    @ValueSource(strings = {"directory", "process", "shared"})
    void lockOfWhoMayNotTraceDoesNotCount(String what) {
        Needed.commands("setpriv");
        try (LaunchedProcess target = launch("cat"); LaunchedProcess nobody = lockedByNobody(what, target.pid())) {
            TargetLock.of(target.pid()).close();
            assertThat(nobody.isAlive()).isTrue();
        }
    }

    /** As above, and others' locks do not keep tools from seeing each other. */
    @Tag("slow")
    @ParameterizedTest
    @ValueSource(strings = {"directory", "process", "shared", "nothing"})
    void lockOfAToolWithAProcfsOfItsOwnCounts(String others) throws Exception {
        Needed.commands("unshare", "mount", "setpriv");
        assumeTrue(kernel() >= 6009, "before Linux 6.9 all processes share one file");
        try (LaunchedProcess target = launch("cat");
                LaunchedProcess nobody = others.equals("nothing")
                        ? launch("cat")
                        : lockedByNobody(others, target.pid())) {
            assertThat(nobody.isAlive()).isTrue();
            try (LaunchedProcess tool = launch("unshare", "--mount", "sh", "-c",
                    "mount -t proc proc /proc && exec \"$@\"", "sh",
                    ProcessHandle.current().info().command().orElseThrow(),
                    "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                    Holder.class.getName(), Integer.toString(target.pid()))) {
                BufferedReader said = new BufferedReader(
                        new InputStreamReader(tool.output().orElseThrow(), StandardCharsets.UTF_8));
                assertThat(said.readLine()).isEqualTo("locked " + tool.pid());
                assertThatThrownBy(() -> TargetLock.of(target.pid())).isInstanceOf(RefusedException.class)
                        .hasMessageContaining("another Pulpo works on the process: process " + tool.pid());
                tool.input().orElseThrow().write('\n');
                tool.input().orElseThrow().flush();
                assertThat(said.readLine()).isEqualTo("let go");
                TargetLock.of(target.pid()).close();
            }
        }
    }

    private static LaunchedProcess launch(String... command) {
        return new Launcher(command).start();
    }

    @Tag("slow")
    @Test
    void lockOfADeadHolderIsWaitedFor() throws Exception {
        try (LaunchedProcess target = launch("cat");
                LaunchedProcess shell = launch("sh", "-c", holding(target.pid()))) {
            BufferedReader said = new BufferedReader(
                    new InputStreamReader(shell.output().orElseThrow(), StandardCharsets.UTF_8));
            assertThat(said.readLine()).isEqualTo("locked");
            assertThatThrownBy(() -> TargetLock.of(target.pid())).isInstanceOf(RefusedException.class)
                    .hasMessageContaining("another Pulpo works on the process");
            Thread waits = Thread.currentThread();
            Thread letsGo = Thread.ofPlatform().start(() -> {
                try {
                    while (waits.getState() != Thread.State.TIMED_WAITING) {
                        Thread.onSpinWait();
                    }
                    shell.input().orElseThrow().write('\n');
                    shell.input().orElseThrow().flush();
                } catch (java.io.IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            try (ProcessLock lock = TargetLock.of(target.pid())) {
                assertThat(lock).isNotNull();
                assertThat(said.readLine()).isEqualTo("let go");
            }
            letsGo.join();
        }
    }
}
