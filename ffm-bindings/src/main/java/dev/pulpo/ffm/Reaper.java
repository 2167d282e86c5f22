package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Waits for exited tracees if their tracer does not, or cannot. An exited thread that has not been waited for blocks an
 * execve(2) of its process; and during an execve, PTRACE_SEIZE of any thread of that process blocks, whatever signals the
 * tracer gets. A tracer that seizes a second thread then would deadlock with the program. Any thread of the tracer's
 * process can wait for a tracee (wait4(2), {@code __WNOTHREAD}), so another thread does it.
 *
 * <p>The exit of a leader is not consumed: execve does not wait for it, but the leader's parent does. Thread-safe.
 */
final class Reaper {
    private final int tracer;
    /** Threads that have exited or are about to. */
    private final Set<Integer> dying = new HashSet<>();
    /** The status words of threads that were waited for here. */
    private final Map<Integer, Integer> ends = new HashMap<>();

    /** @param tracer the tracer thread */
    Reaper(int tracer) {
        this.tracer = tracer;
    }

    /** Registers a tracee that has exited or is about to, and for which the tracer will not wait. */
    synchronized void add(int tid) {
        dying.add(tid);
    }

    /** Whether no registered thread is left. */
    synchronized boolean isDone() {
        return dying.isEmpty();
    }

    /** Waits for the registered threads that have exited by now. @throws SystemCallException if no file can be opened just now */
    synchronized void look() {
        dying.removeIf(tid -> Tracee.of(tid).filter(tracee -> tracee.tracer() == tracer && !takes(tracee)).isEmpty());
    }

    /**
     * Waits for all exited threads of a process of which the tracer is about to seize a thread. There may be so many
     * threads that it takes seconds, for which the tracer must not wait.
     *
     * @param waits whether the tracer still waits for the seizing
     * @throws SystemCallException if the process is gone, or no file can be opened just now
     */
    void lookAtThreadsOf(int pid, BooleanSupplier waits) {
        for (int tid : TaskList.of(pid)) {
            if (!waits.getAsBoolean()) {
                return;
            }
            Tracee.of(tid).filter(tracee -> tracee.tracer() == tracer).ifPresent(this::takes);
        }
    }

    private synchronized boolean takes(Tracee tracee) {
        // The exit of a zombie is the only event to wait for.
        if (tracee.state() != 'Z' || tracee.isLeader()) {
            return false;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(ValueLayout.JAVA_INT);
            if (syscall(Linux.SYS_wait4(), tracee.tid(), word.address(), Linux.__WALL() | Linux.WNOHANG(),
                    0) != tracee.tid()) {
                return false;
            }
            ends.put(tracee.tid(), word.get(ValueLayout.JAVA_INT, 0));
            return true;
        }
    }

    /** The status word of a thread that the tracer no longer finds; {@link Ptrace#NOTHING} if unknown. */
    synchronized int end(int tid) {
        Integer word = ends.remove(tid);
        return word == null ? Ptrace.NOTHING : word;
    }

    /** Forgets all threads, because the tracer traces nothing any more. */
    synchronized void forget() {
        dying.clear();
        ends.clear();
    }

    /** The state of a thread, from proc_pid_status(5). */
    private record Tracee(int tid, char state, int process, int tracer) {
        static Optional<Tracee> of(int tid) {
            try {
                String status = ProcFile.readRecord(Path.of("/proc/" + tid + "/status"), StandardCharsets.ISO_8859_1);
                return Optional.of(new Tracee(tid, line(status, "State").charAt(0),
                        Integer.parseInt(line(status, "Tgid")), Integer.parseInt(line(status, "TracerPid"))));
            } catch (IOException gone) {
                return Optional.empty();
            }
        }

        boolean isLeader() {
            return tid == process;
        }

        private static String line(String status, String name) {
            return ProcFile.line(status, name).orElseThrow();
        }
    }
}
