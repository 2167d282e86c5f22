package dev.pulpo.engine.image;

import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.ffm.Signals;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Small facts from {@code /proc} (proc(5)). */
public final class ProcFs {
    /** What {@link #state} returns for a thread that does not exist. */
    public static final char NO_SUCH_THREAD = 0;

    /** In a thread's flags: it is on its way out and has left, or is about to leave, its memory (include/linux/sched.h). */
    private static final long PF_EXITING = 0x4;

    private ProcFs() {}

    public static Path process(int pid) {
        return Path.of("/proc", Integer.toString(pid));
    }

    public static Path thread(int pid, int tid) {
        return Path.of("/proc", Integer.toString(pid), "task", Integer.toString(tid));
    }

    /** The thread's state as a letter, {@code Z} for a zombie, or {@link #NO_SUCH_THREAD}. */
    public static char state(int pid, int tid) {
        try {
            return fieldsBehindName(thread(pid, tid))[0].charAt(0);
        } catch (IOException gone) {
            return NO_SUCH_THREAD;
        }
    }

    /** Whether this very process has a thread with that id. */
    public static boolean existsHere(int tid) {
        return Files.exists(Path.of("/proc/self/task", Integer.toString(tid)));
    }

    public static boolean isZombie(int pid, int tid) {
        char state = state(pid, tid);
        return state == 'Z' || state == 'X' || state == NO_SUCH_THREAD;
    }

    /** The ids of all threads, zombies included, the leader first. */
    public static List<Integer> threads(int pid) {
        try (Stream<Path> tasks = Files.list(process(pid).resolve("task"))) {
            return tasks.map(path -> Integer.valueOf(path.getFileName().toString())).toList();
        } catch (IOException | UncheckedIOException e) {
            throw new TargetGoneException(pid, e);
        }
    }

    /** The ids of the threads that are neither zombies nor gone, the leader first where it lives. */
    public static List<Integer> liveThreads(int pid) {
        return threads(pid).stream().filter(tid -> !isZombie(pid, tid)).toList();
    }

    /**
     * Whether no thread of the process will run its code again: each has ended, ends, or has been sent a SIGKILL that it
     * has not seen. Such a process may still be listed for a while, and reads of it fail in all sorts of ways.
     */
    public static boolean isEnding(int pid) {
        try {
            return threads(pid).stream().allMatch(tid -> isEnding(pid, tid));
        } catch (TargetGoneException gone) {
            return true;
        }
    }

    private static boolean isEnding(int pid, int tid) {
        try {
            // Behind the name: state, ppid, pgrp, session, tty, tpgid, flags (proc_pid_stat(5)).
            String[] fields = fieldsBehindName(thread(pid, tid));
            if ("ZX".contains(fields[0]) || (Long.parseLong(fields[6]) & PF_EXITING) != 0) {
                return true;
            }
        } catch (IOException gone) {
            return true;
        }
        return status(pid, tid, "SigPnd").map(pending -> Long.parseUnsignedLong(pending, 16))
                .filter(pending -> (pending & Signals.bit(Signals.SIGKILL)) == 0).isEmpty();
    }

    private static String[] fieldsBehindName(Path task) throws IOException {
        String stat = Files.readString(task.resolve("stat"), StandardCharsets.ISO_8859_1);
        // The second field is the name in parentheses, and may hold any character, parentheses included.
        return stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
    }

    /** A live thread of the process; the leader's memory cannot be reached once it has exited, so it need not be it. */
    public static int anyLiveThread(int pid) {
        if (!isZombie(pid, pid)) {
            return pid;
        }
        return liveThreads(pid).stream().findFirst().orElseThrow(() -> new TargetGoneException(pid, "it has ended"));
    }

    /** A line of the thread's status file, such as {@code SigCgt}, without its name. */
    public static Optional<String> status(int pid, int tid, String name) {
        try (Stream<String> lines = Files.lines(thread(pid, tid).resolve("status"), StandardCharsets.ISO_8859_1)) {
            return lines.filter(line -> line.startsWith(name + ":"))
                    .map(line -> line.substring(name.length() + 1).trim())
                    .findFirst();
        } catch (IOException | UncheckedIOException gone) {
            return Optional.empty();
        }
    }

    /** The thread that traces this one, or 0. */
    public static int tracerOf(int pid, int tid) {
        return status(pid, tid, "TracerPid").map(Integer::parseInt).orElse(0);
    }

    /** The name of a thread or process, or {@code ?}. */
    public static String name(int pid, int tid) {
        try {
            return Files.readString(thread(pid, tid).resolve("comm"), StandardCharsets.UTF_8).strip();
        } catch (IOException gone) {
            return "?";
        }
    }

    public static String name(int pid) {
        return name(pid, pid);
    }

    /**
     * Where a thread that waits in a system call will go on in user space: stack pointer and program counter
     * (proc_pid_syscall(5)). Empty where it runs or may not be looked at.
     */
    public static Optional<long[]> userStackAndProgramCounter(int pid, int tid) {
        try {
            String[] words = Files.readString(thread(pid, tid).resolve("syscall")).strip().split(" ");
            if (words.length < 3) {
                return Optional.empty();
            }
            return Optional.of(new long[]{Long.decode(words[words.length - 2]).longValue(),
                    Long.decode(words[words.length - 1]).longValue()});
        } catch (IOException | NumberFormatException unreadable) {
            return Optional.empty();
        }
    }

    /** An id of the thread or its process as the process itself sees it, in the innermost pid namespace. */
    public static int innerId(int pid, int tid, String field) {
        String ids = status(pid, tid, field)
                .orElseThrow(() -> new TargetGoneException(pid, "thread " + tid + " ended"));
        return Integer.parseInt(ids.substring(ids.lastIndexOf('\t') + 1));
    }

    /**
     * When the process was started, in clock ticks since boot. With the pid it names a process for good: pids are used
     * again.
     */
    public static long startTime(int pid) {
        try {
            // Field 22, of which the third is the first behind the name.
            return Long.parseLong(fieldsBehindName(process(pid))[22 - 3]);
        } catch (IOException e) {
            throw new TargetGoneException(pid, e);
        }
    }
}
