package dev.pulpo.engine.target;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.ffm.Errno;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PtraceDenialTest {
    private static final int SELF = (int) ProcessHandle.current().pid();

    /** Yama's rules are those of Documentation/admin-guide/LSM/Yama.rst, with which not every kernel is built. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "3 | true  | 0  | 0  | no tracing at all (Yama's ptrace_scope is 3)  | cannot be changed without a reboot",
            "2 | false | 10 | 10 | only with a capability (Yama's ptrace_scope is 2) | run as root or with CAP_SYS_PTRACE",
            "2 | false | 10 | 11 | only with a capability (Yama's ptrace_scope is 2) | run as root or with CAP_SYS_PTRACE",
            "1 | false | 10 | 10 | descendants only (Yama's ptrace_scope is 1) | set /proc/sys/kernel/yama/ptrace_scope to 0",
            "1 | false | 10 | 11 | it belongs to user 10 and this is user 11 | run as root or with CAP_SYS_PTRACE",
            "0 | false | 10 | 11 | it belongs to user 10 and this is user 11 | run as that user, as root or with CAP_SYS_PTRACE",
            "2 | true  | 10 | 10 | not dumpable | in the process's own or an enclosing user namespace",
            "1 | true  | 10 | 10 | not dumpable | in the process's own or an enclosing user namespace",
            "0 | false | 10 | 10 | not dumpable | run as root or with CAP_SYS_PTRACE"})
    void everyRuleHasItsRemedy(int scope, boolean capable, String owner, int user, String reason, String remedy) {
        PtraceDenial.Denial denial = new PtraceDenial(Errno.EPERM, scope, capable, owner, user).why();
        assertThat(denial.reason()).contains(reason);
        assertThat(denial.remedy()).contains(remedy).doesNotContain(
                reason.contains("belongs") && scope == 1 ? "as that user" : "\0");
    }

    @Test
    void scopeIsReadWhereProcfsIs(@TempDir Path procfs) throws Exception {
        assertThat(PtraceDenial.of(procfs, SELF, SELF, Errno.EPERM).scope()).isZero();
        Path file = procfs.resolve("sys/kernel/yama/ptrace_scope");
        Files.createDirectories(file.getParent());
        for (String scope : new String[]{"0", "1", "2", "3"}) {
            Files.writeString(file, scope + "\n");
            assertThat(PtraceDenial.of(procfs, SELF, SELF, Errno.EPERM).scope()).isEqualTo(Integer.parseInt(scope));
        }
    }

    @Test
    void whoThisIsAndWhatItMayIsKnown() throws Exception {
        PtraceDenial here = PtraceDenial.of(Path.of("/proc"), SELF, SELF, Errno.EPERM);
        assertThat(here.owner()).isEqualTo(Integer.toString(here.user()));
        String effective = Files.readAllLines(Path.of("/proc/self/status")).stream()
                .filter(line -> line.startsWith("CapEff:")).findFirst().orElseThrow();
        // The twentieth bit from the right is the eighth of the fifth hexadecimal digit from the right.
        int digit = Character.digit(effective.charAt(effective.length() - 5), 16);
        assertThat(here.capable()).isEqualTo(digit >= 8);
    }
}
