package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.util.Arrays;

/**
 * Other processes that use the memory of a process: children of vfork(2), and of clone(2) with {@code CLONE_VM} and without
 * {@code CLONE_THREAD}. Looking allocates nothing, unless there are more processes than ever before. Not thread-safe.
 */
public final class MemorySharers implements AutoCloseable {
    /** {@code KCMP_VM} (linux/kcmp.h). */
    private static final long KCMP_VM = 1;
    /** Fields of proc_pid_statm(5). */
    private static final int SIZES = 7;

    private final int pid;
    private final TaskList processes;
    private final long[] own = new long[SIZES];
    private final long[] others = new long[SIZES];

    /** Opens the list of processes, and makes room for those that there are. */
    public MemorySharers(int pid, Arena arena) {
        this.pid = pid;
        this.processes = TaskList.ofProcesses(arena);
        processes.refresh();
    }

    /**
     * Looks at all processes that this one may see.
     *
     * @return the id of one that shares the memory, or 0
     */
    public int find() {
        int count = processes.refresh();
        for (int i = 0; i < count; i++) {
            int other = processes.tid(i);
            if (other != pid && shares(other)) {
                return other;
            }
        }
        return 0;
    }

    /** Where kcmp(2) may not be asked, two sizes that do not differ in any page are taken for one memory's. */
    private boolean shares(int other) {
        long result = syscall(Linux.SYS_kcmp(), pid, other, KCMP_VM, 0, 0, 0);
        return result == 0 || (result == -Errno.EPERM || result == -Errno.ENOSYS) && hasSameSizes(other);
    }

    private boolean hasSameSizes(int other) {
        return processes.readSizes(pid, own) && processes.readSizes(other, others) && Arrays.equals(own, others)
                && processes.readSizes(pid, others) && Arrays.equals(own, others);
    }

    @Override
    public void close() {
        processes.close();
    }
}
