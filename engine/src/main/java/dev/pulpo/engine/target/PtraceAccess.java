package dev.pulpo.engine.target;

import dev.pulpo.engine.AccessRefusedException;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.nio.file.Path;
import java.util.Optional;

/** Why a process may not be traced, and what would help (ptrace(2), "Ptrace access mode checking"). */
public final class PtraceAccess {
    private static final Path PROCFS = Path.of("/proc");

    private PtraceAccess() {}

    /** The exception for an error of PTRACE_SEIZE, or of opening the memory. */
    public static PulpoException refused(int pid, int tid, int errno) {
        if (errno == Errno.ESRCH || errno == Errno.ENOENT || ProcFs.isZombie(pid, tid) && !Processes.exists(pid)) {
            return new TargetGoneException(pid, "it has ended");
        }
        int tracer = ProcFs.tracerOf(pid, tid);
        if (tracer != 0) {
            return new AccessRefusedException(pid,
                    "process " + tracer + " (" + ProcFs.name(tracer) + ") traces it already",
                    "end that debugger or tracer first");
        }
        PtraceDenial.Denial denial = PtraceDenial.of(PROCFS, pid, tid, errno).why();
        return new AccessRefusedException(pid, denial.reason(), denial.remedy());
    }

    /** Opens the memory of a process, which needs the same permission as tracing. Stops nothing. */
    public static TraceeMemory openMemory(int pid) {
        while (true) {
            int tid = ProcFs.anyLiveThread(pid);
            try {
                return TraceeMemory.open(pid, tid);
            } catch (SystemCallException e) {
                if (e.isLimitHit()) {
                    throw e;
                }
                if (!ProcFs.isLeaving(pid, tid)) {
                    throw refused(pid, tid, e.errno());
                }
                // The thread has ended; its process may live.
            }
        }
    }

    /** Why this JVM cannot trace a process, whatever the kernel allows. */
    public static Optional<AccessRefusedException> untraceableFromHere(int pid) {
        long self = ProcessHandle.current().pid();
        if (pid == self) {
            return Optional.of(new AccessRefusedException(pid, "a process cannot trace itself",
                    "run Pulpo in another process"));
        }
        boolean child = ProcFs.status(pid, pid, "PPid").filter(Long.toString(self)::equals).isPresent();
        if (child && !LaunchedProcess.isOurs(pid)) {
            return Optional.of(new AccessRefusedException(pid,
                    "it is a child that this JVM has started with ProcessBuilder, whose own waiting takes ptrace stops away",
                    "start it with dev.pulpo.engine.LiveProcess.launch"));
        }
        return Optional.empty();
    }
}
