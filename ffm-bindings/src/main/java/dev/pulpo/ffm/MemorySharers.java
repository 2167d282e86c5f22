package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Other processes that use the memory of a process: children of vfork(2), and of clone(2) with {@code CLONE_VM} and without
 * {@code CLONE_THREAD}. Not thread-safe.
 */
public final class MemorySharers implements AutoCloseable {
    /** {@code KCMP_VM} (linux/kcmp.h). */
    private static final long KCMP_VM = 1;

    private final int pid;
    private final TaskList processes;

    /** Opens the list of processes. */
    public MemorySharers(int pid, Arena arena) {
        this.pid = pid;
        this.processes = TaskList.ofProcesses(arena);
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
        String own = sizes(pid);
        return !own.isEmpty() && own.equals(sizes(other)) && own.equals(sizes(pid));
    }

    /** Pages of program, resident, shared, text, data (proc_pid_statm(5)); empty where there are none. */
    private static String sizes(int process) {
        try {
            String sizes = ProcFile.readRecord(Path.of("/proc/" + process + "/statm"), StandardCharsets.US_ASCII)
                    .strip();
            return sizes.startsWith("0 ") ? "" : sizes;
        } catch (IOException gone) {
            return "";
        }
    }

    @Override
    public void close() {
        processes.close();
    }
}
