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
 * Takes the ends of a tracer's threads where the tracer itself does not, or cannot. As long as it has not been waited for, a
 * thread that has exited stands in the way of an execve(2) of its process; and as long as an execve is under way,
 * PTRACE_SEIZE of any thread of that process blocks, whatever signals the tracer gets. A tracer that seizes a second thread
 * then would wait for the program, and the program for the tracer, for good. Any thread of the tracer's process can take
 * the end of a tracee (wait4(2), {@code __WNOTHREAD}), and so this is done from another one.
 *
 * <p>The exit of a process's leader is left alone: execve does not wait for that, but the leader's parent does.
 * Thread-safe.
 */
final class Reaper {
    private final int tracer;
    /** Threads that are about to exit, or have. */
    private final Set<Integer> dying = new HashSet<>();
    /** How threads have ended whose end was taken, as status words. */
    private final Map<Integer, Integer> ends = new HashMap<>();

    /** @param tracer the thread that traces */
    Reaper(int tracer) {
        this.tracer = tracer;
    }

    /** Says that a traced thread is about to exit, or has, and that the tracer will not wait for it. */
    synchronized void add(int tid) {
        dying.add(tid);
    }

    /** Whether all those have been taken, or could not be. */
    synchronized boolean isDone() {
        return dying.isEmpty();
    }

    /** Takes the ends of those that have exited by now. @throws SystemCallException where no file can be opened just now */
    synchronized void look() {
        dying.removeIf(tid -> Tracee.of(tid).filter(tracee -> tracee.tracer() == tracer && !takes(tracee)).isEmpty());
    }

    /**
     * Takes the ends of all exited threads of a process that the tracer is about to seize a thread of. There may be so many
     * threads that it takes seconds, for which the tracer is not to wait.
     *
     * @param waits whether the tracer still waits for that
     * @throws SystemCallException where it is gone, or no file can be opened just now
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
        // The exit of a thread that is a zombie is all that there is to be waited for.
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

    /** How a thread has ended that the tracer has just not found, as a status word; {@link Ptrace#NOTHING} if not known. */
    synchronized int end(int tid) {
        Integer word = ends.remove(tid);
        return word == null ? Ptrace.NOTHING : word;
    }

    /** Forgets everything: the tracer traces nothing any more. */
    synchronized void forget() {
        dying.clear();
        ends.clear();
    }

    /** What proc_pid_status(5) says of a thread. */
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
