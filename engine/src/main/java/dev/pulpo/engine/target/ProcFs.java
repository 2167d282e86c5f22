package dev.pulpo.engine.target;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TaskList;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntPredicate;

/** Facts from {@code /proc} (proc(5)). */
public final class ProcFs {
    /** The state of a thread that does not exist. */
    public static final char NO_SUCH_THREAD = 0;

    /** Flag of an exiting thread that has left its memory, or is about to (include/linux/sched.h). */
    private static final long PF_EXITING = 0x4;
    private static final long PF_IO_WORKER = 0x10;
    /** Since Linux 6.4; vhost has some, too. */
    private static final long PF_USER_WORKER = 0x4000;
    /** Flag of a thread of the kernel. */
    private static final long PF_KTHREAD = 0x20_0000;

    private static final Path PROCFS = Path.of("/proc");
    /** How long threads are listed again while no live one is found. */
    private static final long RELISTING_NANOS = 1_000_000_000L;

    private ProcFs() {}

    public static Path process(int pid) {
        return PROCFS.resolve(Integer.toString(pid));
    }

    public static Path thread(int pid, int tid) {
        return Path.of("/proc", Integer.toString(pid), "task", Integer.toString(tid));
    }

    /**
     * Fields of the stat file of a process or thread (proc_pid_stat(5)).
     *
     * @param state     a letter, {@code Z} for a zombie
     * @param flags     {@code PF_…} of the kernel
     * @param startTime in clock ticks since boot
     */
    record Stat(char state, long flags, long startTime) {
        boolean isZombie() {
            return state == 'Z' || state == 'X';
        }

        /** Whether it has left its memory, or is about to: reads through it may fail. */
        boolean isLeaving() {
            return isZombie() || (flags & PF_EXITING) != 0;
        }

        /** Whether it is a thread of the kernel that uses the process's memory, as those of io_uring(7) do. */
        boolean isKernelWorker() {
            return (flags & (PF_IO_WORKER | PF_USER_WORKER)) != 0;
        }

        static Stat read(Path task) throws IOException {
            String stat = ProcFile.readRecord(task.resolve("stat"), StandardCharsets.ISO_8859_1);
            // The second field is the name in parentheses, and may contain any character, also parentheses. After it: state,
            // ppid, pgrp, session, tty, tpgid, flags, …; the 22nd field is the start time.
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return new Stat(fields[0].charAt(0), Long.parseLong(fields[6]), Long.parseLong(fields[22 - 3]));
        }
    }

    /** The lines of a thread's status file, read at one moment. */
    public static final class Status {
        private final int pid;
        private final int tid;
        private final String text;

        private Status(int pid, int tid, String text) {
            this.pid = pid;
            this.tid = tid;
            this.text = text;
        }

        /** A line without its name, such as {@code SigCgt}. */
        public Optional<String> find(String name) {
            return ProcFile.line(text, name);
        }

        /** A line that every live thread has. */
        public String get(String name) {
            return find(name).orElseThrow(() -> new TargetGoneException(pid, "thread " + tid + " ended"));
        }

        /** The state as a letter, {@code Z} for a zombie. */
        public char state() {
            return get("State").charAt(0);
        }

        /** Whether it has not ended. */
        public boolean isAlive() {
            return state() != 'Z' && state() != 'X';
        }

        /** A set of signals as a mask. */
        public long mask(String name) {
            return Long.parseUnsignedLong(get(name), 16);
        }

        /** The file system user of the thread, by its id here. */
        public int fileSystemUser() {
            String[] ids = get("Uid").split("\\s+");
            return Integer.parseUnsignedInt(ids[ids.length - 1]);
        }

        /** The first of the user ids that is not root's: real, effective, saved, of the file system; 0 if all are. */
        public int owner() {
            return Arrays.stream(get("Uid").split("\\s+", -1)).mapToInt(Integer::parseUnsignedInt).filter(id -> id != 0)
                    .findFirst().orElse(0);
        }

        /** An id in the innermost PID namespace, as the process sees it. */
        public int innerId(String name) {
            String ids = get(name);
            return Integer.parseInt(ids.substring(ids.lastIndexOf('\t') + 1));
        }
    }

    /**
     * The ids of all visible processes, zombies included, in no order.
     *
     * @throws SystemCallException where no more files can be opened
     */
    public static List<Integer> processes() {
        return Arrays.stream(TaskList.processes()).boxed().toList();
    }

    /** The target of a link in a process's directory, such as {@code ns/user}; empty where it may not be read. */
    public static Optional<String> link(int pid, String name) {
        try {
            return Optional.of(RawText.of(Files.readSymbolicLink(process(pid).resolve(name))));
        } catch (IOException goneOrForbidden) {
            return Optional.empty();
        }
    }

    /**
     * The limit of the size of files that the process writes, in bytes (RLIMIT_FSIZE in getrlimit(2)); -1, the largest
     * unsigned number, for no limit.
     */
    public static long fileSizeLimit(int pid) {
        try {
            return ProcFile.readRecord(process(pid).resolve("limits"), StandardCharsets.ISO_8859_1).lines()
                    .filter(line -> line.startsWith("Max file size"))
                    .map(line -> line.split(" {2,}", -1)[1])
                    .filter(soft -> !soft.equals("unlimited"))
                    .map(Long::parseUnsignedLong).findFirst().orElse(-1L);
        } catch (IOException e) {
            throw new TargetGoneException(pid, e);
        }
    }

    /** The thread's state as a letter, {@code Z} for a zombie, or {@link #NO_SUCH_THREAD}. */
    public static char state(int pid, int tid) {
        try {
            return Stat.read(thread(pid, tid)).state();
        } catch (IOException gone) {
            return NO_SUCH_THREAD;
        }
    }

    /**
     * The CPU time of a thread, in nanoseconds (Documentation/scheduler/sched-stats.rst, "/proc/&lt;pid&gt;/schedstat");
     * empty where it has ended, or the kernel does not tell.
     */
    public static OptionalLong runNanos(int pid, int tid) {
        try {
            String run = ProcFile.readRecord(thread(pid, tid).resolve("schedstat"), StandardCharsets.US_ASCII);
            return OptionalLong.of(Long.parseLong(run.substring(0, run.indexOf(' '))));
        } catch (IOException goneOrUnknown) {
            return OptionalLong.empty();
        }
    }

    /** Whether this process has a thread with that id. */
    public static boolean existsHere(int tid) {
        return Files.exists(Path.of("/proc/self/task", Integer.toString(tid)));
    }

    public static boolean isZombie(int pid, int tid) {
        try {
            return Stat.read(thread(pid, tid)).isZombie();
        } catch (IOException gone) {
            return true;
        }
    }

    /** The ids of all threads, zombies included, the leader first. */
    public static List<Integer> threads(int pid) {
        try {
            return Arrays.stream(TaskList.of(pid)).boxed().toList();
        } catch (SystemCallException e) {
            throw TargetGoneException.unlessLimited(pid, e);
        }
    }

    /** The number of threads, zombies included. */
    public static int threadCount(int pid) {
        return threads(pid).size();
    }

    /**
     * The ids of threads that have not ended and are not about to, the leader first if it lives. Without workers of the
     * kernel: they never run code of the process.
     */
    public static List<Integer> liveThreads(int pid) {
        return without(pid, tid -> runsNoCode(pid, tid), Integer.MAX_VALUE);
    }

    private static boolean runsNoCode(int pid, int tid) {
        try {
            Stat stat = Stat.read(thread(pid, tid));
            return stat.isLeaving() || stat.isKernelWorker();
        } catch (IOException gone) {
            return true;
        }
    }

    /** Whether a thread is a worker of the kernel, which never runs code of the process; false where it is gone. */
    public static boolean isKernelWorker(int pid, int tid) {
        try {
            return Stat.read(thread(pid, tid)).isKernelWorker();
        } catch (IOException gone) {
            return false;
        }
    }

    /**
     * The threads that are not exiting. If all are, they are listed again: one may have created another since the listing.
     * For a process whose threads do nothing else this ends after {@link #RELISTING_NANOS}.
     *
     * @param isExiting whether a thread is exiting, which is final
     * @param most    limit of the result
     * @throws TargetUnreadableException where threads end as fast as they are listed
     */
    private static List<Integer> without(int pid, IntPredicate isExiting, int most) {
        long deadline = System.nanoTime() + RELISTING_NANOS;
        List<Integer> listed = List.of();
        while (true) {
            List<Integer> before = listed;
            listed = threads(pid);
            List<Integer> others = listed.stream().filter(tid -> !isExiting.test(tid)).limit(most).toList();
            if (!others.isEmpty() || listed.equals(before)) {
                return others;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new TargetUnreadableException(pid, "its threads end as fast as they are listed; try again");
            }
        }
    }

    /** Whether a thread has ended, has left its memory, or is about to. */
    public static boolean isLeaving(int pid, int tid) {
        try {
            return Stat.read(thread(pid, tid)).isLeaving();
        } catch (IOException gone) {
            return true;
        }
    }

    /**
     * Whether no thread of the process will run its code again: each has ended, is exiting, or has a pending SIGKILL. Such a
     * process may still be listed, and reads of it fail in many ways.
     */
    public static boolean isEnding(int pid) {
        try {
            return without(pid, tid -> isEnding(pid, tid), 1).isEmpty();
        } catch (TargetGoneException gone) {
            return true;
        } catch (TargetUnreadableException makesOthers) {
            return false;
        }
    }

    private static boolean isEnding(int pid, int tid) {
        return isLeaving(pid, tid) || status(pid, tid, "SigPnd").map(pending -> Long.parseUnsignedLong(pending, 16))
                .filter(pending -> (pending & Signals.bit(Signals.SIGKILL)) == 0).isEmpty();
    }

    /** A live thread of the process. Not always the leader: the memory of an exited leader cannot be reached. */
    public static int anyLiveThread(int pid) {
        if (!isLeaving(pid, pid)) {
            return pid;
        }
        return without(pid, tid -> runsNoCode(pid, tid), 1).stream().findFirst()
                .orElseThrow(() -> new TargetGoneException(pid, "it has ended"));
    }

    /**
     * The thread's status.
     *
     * @throws TargetGoneException where it has ended
     */
    public static Status status(int pid, int tid) {
        return findStatus(pid, tid).orElseThrow(() -> new TargetGoneException(pid, "thread " + tid + " ended"));
    }

    /** As {@link #status(int, int)}; empty where the thread has ended. */
    public static Optional<Status> findStatus(int pid, int tid) {
        try {
            return Optional.of(new Status(pid, tid,
                    ProcFile.readRecord(thread(pid, tid).resolve("status"), StandardCharsets.ISO_8859_1)));
        } catch (IOException gone) {
            return Optional.empty();
        }
    }

    /** A line of the thread's status file without its name, such as {@code SigCgt}. */
    public static Optional<String> status(int pid, int tid, String name) {
        return findStatus(pid, tid).flatMap(status -> status.find(name));
    }

    /** The thread that traces this one, or 0. */
    public static int tracerOf(int pid, int tid) {
        return status(pid, tid, "TracerPid").map(Integer::parseInt).orElse(0);
    }

    /** Whether the calling thread traces this one. */
    public static boolean isTracedByCaller(int pid, int tid) {
        return tracerOf(pid, tid) == Processes.currentThread();
    }

    /** The name of a thread or process, or {@code ?}. */
    public static String name(int pid, int tid) {
        try {
            String line = ProcFile.readRecord(thread(pid, tid).resolve("comm"), StandardCharsets.ISO_8859_1);
            // The kernel adds the line feed.
            String name = line.endsWith("\n") ? line.substring(0, line.length() - 1) : line;
            return RawText.decode(name.getBytes(StandardCharsets.ISO_8859_1));
        } catch (IOException gone) {
            return "?";
        }
    }

    public static String name(int pid) {
        return name(pid, pid);
    }

    /**
     * Stack pointer and program counter in user space of a thread that waits in a system call (proc_pid_syscall(5)). Empty
     * where it runs or may not be read.
     */
    public static Optional<long[]> userStackAndProgramCounter(int pid, int tid) {
        try {
            String[] words = waiting(pid, tid);
            if (words.length < 3) {
                return Optional.empty();
            }
            return Optional.of(new long[]{Long.decode(words[words.length - 2]).longValue(),
                    Long.decode(words[words.length - 1]).longValue()});
        } catch (IOException | NumberFormatException unreadable) {
            return Optional.empty();
        }
    }

    /**
     * The system call that a thread waits in (proc_pid_syscall(5)). Empty where it runs, waits in none or may not be read.
     */
    public static OptionalLong systemCall(int pid, int tid) {
        try {
            long number = Long.parseLong(waiting(pid, tid)[0]);
            return number >= 0 ? OptionalLong.of(number) : OptionalLong.empty();
        } catch (IOException | NumberFormatException runsOrUnreadable) {
            return OptionalLong.empty();
        }
    }

    /**
     * The number of a thread's system call, its arguments, stack pointer and program counter; or one word that says why not.
     */
    private static String[] waiting(int pid, int tid) throws IOException {
        return ProcFile.readRecord(thread(pid, tid).resolve("syscall"), StandardCharsets.US_ASCII).strip().split(" ");
    }

    /**
     * Whether a thread's process may have a file open that is shown like this (proc_pid_fd(5)). Ignores threads that do not
     * share its files.
     *
     * @param most how many files to look at
     * @return false only if all files were looked at, and there is at least one
     */
    public static boolean hasOpen(int pid, int tid, String shownAs, int most) {
        int looked = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(thread(pid, tid).resolve("fd"))) {
            for (Path file : files) {
                if (++looked > most || isLink(file, shownAs)) {
                    return true;
                }
            }
            return looked == 0;
        } catch (IOException | DirectoryIteratorException unreadable) {
            return true;
        }
    }

    private static boolean isLink(Path file, String target) throws IOException {
        try {
            return RawText.of(Files.readSymbolicLink(file)).equals(target);
        } catch (NoSuchFileException closedMeanwhile) {
            return false;
        }
    }

    /**
     * What the timers of a process pass to its signal handlers (proc_pid_timers(5), timer_create(2)). Empty where the kernel
     * does not tell.
     */
    public static List<Long> timerValues(int pid) {
        try {
            return ProcFile.read(process(pid).resolve("timers"), StandardCharsets.US_ASCII).lines()
                    .filter(line -> line.startsWith("signal: "))
                    .map(line -> Long.parseUnsignedLong(line.substring(line.indexOf('/') + 1), 16)).toList();
        } catch (IOException | NumberFormatException untold) {
            return List.of();
        }
    }

    /**
     * The start of a process, in clock ticks since boot. Pids are reused; with the start time a pid identifies a process.
     */
    public static long startTime(int pid) {
        return stat(pid).startTime();
    }

    /** The stat file of a process; the state is its leader's. */
    static Stat stat(int pid) {
        try {
            return Stat.read(process(pid));
        } catch (IOException e) {
            throw new TargetGoneException(pid, e);
        }
    }

    /** Whether it is a thread of the kernel; false where it has ended. */
    public static boolean isKernelThread(int pid) {
        try {
            return (Stat.read(thread(pid, pid)).flags & PF_KTHREAD) != 0;
        } catch (IOException gone) {
            return false;
        }
    }
}
