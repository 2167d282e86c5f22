package dev.pulpo.engine.target;

import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The facts by which the kernel decides whether a process may trace another (ptrace(2), "Ptrace access mode checking" and
 * "/proc/sys/kernel/yama/ptrace_scope").
 *
 * @param errno   the kernel's answer
 * @param scope   Yama's ptrace_scope; 0 without Yama
 * @param capable whether this process has CAP_SYS_PTRACE
 * @param owner   effective user of the process to be traced
 * @param user    effective user of this process
 */
record PtraceDenial(int errno, int scope, boolean capable, String owner, int user) {
    /** Yama's setting, relative to the mount point of procfs. */
    private static final String SCOPE = "sys/kernel/yama/ptrace_scope";
    /** capabilities(7) and include/uapi/linux/capability.h. */
    private static final int CAP_SYS_PTRACE = 19;

    private static final String CAPABILITY = "run as root or with CAP_SYS_PTRACE";

    /**
     * The reason.
     *
     * @param remedy what the user can do
     */
    record Denial(String reason, String remedy) {}

    /**
     * The facts for a thread that could not be traced.
     *
     * @param procfs mount point of procfs
     */
    static PtraceDenial of(Path procfs, int pid, int tid, int errno) {
        int self = (int) ProcessHandle.current().pid();
        boolean capable = ProcFs.findStatus(self, self).filter(PtraceDenial::isCapable).isPresent();
        String owner = ProcFs.status(pid, tid, "Uid").map(ids -> ids.split("\\s+")[1]).orElse("?");
        return new PtraceDenial(errno, scope(procfs), capable, owner, Processes.effectiveUser());
    }

    /** Whether a thread has CAP_SYS_PTRACE in its user namespace. */
    static boolean isCapable(ProcFs.Status status) {
        return status.find("CapEff").filter(set -> (Long.parseUnsignedLong(set, 16) & 1L << CAP_SYS_PTRACE) != 0)
                .isPresent();
    }

    private static int scope(Path procfs) {
        try {
            return Integer.parseInt(Files.readString(procfs.resolve(SCOPE)).strip());
        } catch (IOException noYama) {
            // A kernel without Yama has no such file and no such rule.
            return 0;
        }
    }

    /** The reason; rules that have no remedy come first. */
    Denial why() {
        if (scope >= 3) {
            return new Denial("the kernel allows no tracing at all (Yama's ptrace_scope is 3)",
                    "this cannot be changed without a reboot");
        }
        if (!capable && scope == 2) {
            return new Denial("the kernel allows tracing only with a capability (Yama's ptrace_scope is 2)",
                    CAPABILITY);
        }
        if (!owner.equals(Integer.toString(user))) {
            // For that user Yama's rule would come next.
            return new Denial("it belongs to user " + owner + " and this is user " + user,
                    !capable && scope == 1 ? CAPABILITY : "run as that user, as root or with CAP_SYS_PTRACE");
        }
        if (!capable && scope == 1) {
            return new Denial("the kernel allows tracing of descendants only (Yama's ptrace_scope is 1)",
                    CAPABILITY + ", or set /proc/" + SCOPE + " to 0");
        }
        return new Denial(Errno.name(errno) + ": it is not dumpable, or more privileged than this",
                CAPABILITY + ", in the process's own or an enclosing user namespace");
    }
}
