package dev.pulpo.engine.trace;

import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Processes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What the kernel goes by when a process wants to trace another (ptrace(2), "Ptrace access mode checking" and
 * "/proc/sys/kernel/yama/ptrace_scope").
 *
 * @param errno   what it said
 * @param scope   Yama's ptrace_scope; 0 where there is no Yama
 * @param capable whether this process has CAP_SYS_PTRACE
 * @param owner   the effective user of the process that was to be traced
 * @param user    that of this one
 */
record Permission(int errno, int scope, boolean capable, String owner, int user) {
    /** Where Yama's setting is, below the directory where procfs is mounted. */
    private static final String SCOPE = "sys/kernel/yama/ptrace_scope";
    /** capabilities(7) and include/uapi/linux/capability.h. */
    private static final int CAP_SYS_PTRACE = 19;

    private static final String CAPABILITY = "run as root or with CAP_SYS_PTRACE";

    /**
     * Why it said no.
     *
     * @param remedy what the user can do about it
     */
    record Denial(String reason, String remedy) {}

    /**
     * Of a thread that this process may not trace.
     *
     * @param procfs where procfs is mounted
     */
    static Permission of(Path procfs, int pid, int tid, int errno) {
        int self = (int) ProcessHandle.current().pid();
        boolean capable = ProcFs.findStatus(self, self).filter(Permission::isCapable).isPresent();
        String owner = ProcFs.status(pid, tid, "Uid").map(ids -> ids.split("\\s+")[1]).orElse("?");
        return new Permission(errno, scope(procfs), capable, owner, Processes.effectiveUser());
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

    /** What stands against it, the rule that nothing helps against first. */
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
            // As that user Yama's rule would be the next to say no.
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
