package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.Linux;
import java.util.Map;
import java.util.Set;

/** Numbers of system calls, and rules for interrupted calls. */
public final class SystemCalls {
    public static final int MMAP = Linux.SYS_mmap();
    public static final int MUNMAP = Linux.SYS_munmap();
    public static final int MPROTECT = Linux.SYS_mprotect();
    public static final int RT_SIGACTION = Linux.SYS_rt_sigaction();
    public static final int RT_SIGRETURN = Linux.SYS_rt_sigreturn();
    public static final int MEMFD_CREATE = Linux.SYS_memfd_create();
    public static final int CLOSE = Linux.SYS_close();
    public static final int WRITE = Linux.SYS_write();
    public static final int FCNTL = Linux.SYS_fcntl();
    public static final int OPENAT = Linux.SYS_openat();
    public static final int UNLINKAT = Linux.SYS_unlinkat();
    public static final int NANOSLEEP = Linux.SYS_nanosleep();
    public static final int PROCESS_VM_READV = Linux.SYS_process_vm_readv();

    /** {@code AT_FDCWD} (linux/fcntl.h): names are relative to the working directory, or absolute. */
    public static final int AT_FDCWD = -100;
    /** {@code O_EXCL} (asm-generic/fcntl.h). */
    private static final int O_EXCL = 0x80;
    /** Flags of open(2): creates a file for writing, and fails if it exists, even as a link. */
    public static final int CREATE_NEW = Linux.O_CREAT() | O_EXCL | Linux.O_WRONLY() | Linux.O_NOFOLLOW()
            | Linux.O_CLOEXEC();

    /** {@code MFD_CLOEXEC} and {@code MFD_ALLOW_SEALING} (memfd_create(2)). */
    public static final int SEALABLE = 1 | 2;
    /** {@code MFD_EXEC}, from Linux 6.3 on: code may be mapped from it, whatever the default of vm.memfd_noexec is. */
    public static final int EXECUTABLE = 0x10;
    /** {@code F_ADD_SEALS} (F_LINUX_SPECIFIC_BASE + 9 in linux/fcntl.h). */
    public static final int ADD_SEALS = 1024 + 9;
    /**
     * {@code F_SEAL_SEAL}, {@code F_SEAL_SHRINK}, {@code F_SEAL_GROW} and {@code F_SEAL_WRITE} (fcntl(2)): the content
     * can no longer change.
     */
    public static final int ALL_SEALS = 1 | 2 | 4 | 8;

    public static final int PROT_READ = Linux.PROT_READ();
    public static final int PROT_WRITE = Linux.PROT_WRITE();
    public static final int PROT_EXEC = Linux.PROT_EXEC();
    public static final int MAP_PRIVATE = Linux.MAP_PRIVATE();
    public static final int MAP_ANONYMOUS = Linux.MAP_ANONYMOUS();
    public static final int MAP_FIXED_NOREPLACE = Linux.MAP_FIXED_NOREPLACE();

    /** The calls by which a borrowed thread returns; without them it would be lost. */
    public static final Set<Integer> RETURNING = Set.of(Linux.SYS_tgkill(), Linux.SYS_rt_sigreturn());

    /** The calls of a borrowed thread, its own and those in dlopen and malloc, by name. */
    public static final Map<String, Integer> LOADING = Map.ofEntries(Map.entry("tgkill", Linux.SYS_tgkill()),
            Map.entry("rt_sigreturn", Linux.SYS_rt_sigreturn()), Map.entry("openat", Linux.SYS_openat()),
            Map.entry("read", Linux.SYS_read()), Map.entry("pread64", Linux.SYS_pread64()),
            Map.entry("fstat", Linux.SYS_fstat()), Map.entry("newfstatat", Linux.SYS_newfstatat()),
            Map.entry("mmap", Linux.SYS_mmap()), Map.entry("mprotect", Linux.SYS_mprotect()),
            Map.entry("munmap", Linux.SYS_munmap()), Map.entry("close", Linux.SYS_close()),
            Map.entry("brk", Linux.SYS_brk()), Map.entry("futex", Linux.SYS_futex()),
            Map.entry("memfd_create", Linux.SYS_memfd_create()), Map.entry("write", Linux.SYS_write()),
            Map.entry("fcntl", Linux.SYS_fcntl()));

    /** Additional calls of a borrowed thread if its root directory has no procfs, by name. */
    public static final Map<String, Integer> COPYING = Map.of("unlinkat", Linux.SYS_unlinkat());

    /** The length of the instruction {@code syscall}, 0F 05. */
    public static final int INSTRUCTION_LENGTH = 2;

    private SystemCalls() {}

    /**
     * Whether the registers are those of a thread in a system call that the kernel will restart when the thread
     * continues.
     */
    public static boolean isRestarting(Registers registers) {
        return registers.origRax() >= 0 && switch ((int) -registers.rax()) {
            case Errno.ERESTARTSYS, Errno.ERESTARTNOINTR, Errno.ERESTARTNOHAND, Errno.ERESTART_RESTARTBLOCK ->
                registers.rax() < 0;
            default -> false;
        };
    }

    /**
     * Whether the registers are those of a thread in an unfinished system call: the kernel will restart it, or it has
     * returned EINTR only because of the stop.
     */
    public static boolean isUnfinished(Registers registers) {
        return isRestarting(registers) || isInterruptedForGood(registers);
    }

    /**
     * Whether the thread is in a call that restarts through its restart block (nanosleep, poll, a futex with a timeout):
     * only the kernel knows the remaining time, and drops it on {@code rt_sigreturn}.
     */
    public static boolean usesRestartBlock(Registers registers) {
        return registers.origRax() >= 0 && registers.rax() == -Errno.ERESTART_RESTARTBLOCK;
    }

    /**
     * Whether the thread was interrupted while such a call was being repeated; its registers then do not identify the
     * call.
     */
    public static boolean isRestartSyscall(Registers registers) {
        return isRestartSyscall(registers.origRax());
    }

    /** Whether this is restart_syscall(2), by which the kernel repeats a call through its restart block. */
    public static boolean isRestartSyscall(long number) {
        return number == Linux.SYS_restart_syscall();
    }

    /** Whether this call restarts through the restart block. */
    public static boolean restartsThroughBlock(int number) {
        return number == Linux.SYS_nanosleep() || number == Linux.SYS_clock_nanosleep() || number == Linux.SYS_poll()
                || number == Linux.SYS_futex();
    }

    /**
     * Whether a waiting call with these arguments is restarted through a restart block after a stop: relative sleeps,
     * {@code poll}, and futexes with a timeout (kernel/time/hrtimer.c, fs/select.c, kernel/futex/waitwake.c).
     *
     * @param second its second argument
     * @param fourth its fourth argument
     */
    public static boolean keepsRestartBlock(int number, long second, long fourth) {
        // TIMER_ABSTIME (linux/time.h)
        long untilSomeTime = 1;
        if (number == Linux.SYS_clock_nanosleep()) {
            return (second & untilSomeTime) == 0;
        }
        return number == Linux.SYS_futex()
                ? fourth != 0
                : number == Linux.SYS_restart_syscall() || restartsThroughBlock(number);
    }

    /**
     * Whether the call has returned EINTR, and a stop without any signal may be the cause. These are the calls that
     * signal(7) lists as "never restarted" and that the kernel does not restart after a stop either.
     */
    public static boolean isInterruptedForGood(Registers registers) {
        return registers.rax() == -Errno.EINTR && isNeverRestarted(registers.origRax());
    }

    private static boolean isNeverRestarted(long number) {
        return number == Linux.SYS_epoll_wait()
                || number == Linux.SYS_epoll_pwait()
                || number == Linux.SYS_epoll_pwait2()
                || number == Linux.SYS_semop()
                || number == Linux.SYS_semtimedop()
                || number == Linux.SYS_rt_sigtimedwait()
                || number == Linux.SYS_msgrcv()
                || number == Linux.SYS_msgsnd()
                || number == Linux.SYS_io_getevents()
                || number == Linux.SYS_io_pgetevents()
                || number == Linux.SYS_io_uring_enter()
                || number == Linux.SYS_recvfrom()
                || number == Linux.SYS_recvmsg()
                || number == Linux.SYS_recvmmsg()
                || number == Linux.SYS_sendto()
                || number == Linux.SYS_sendmsg()
                || number == Linux.SYS_sendmmsg()
                || number == Linux.SYS_accept()
                || number == Linux.SYS_accept4();
    }

    /** Whether this is epoll_wait(2) or epoll_pwait(2), whose timeout is a number of milliseconds in {@code r10}. */
    public static boolean waitsForEvents(long number) {
        return number == Linux.SYS_epoll_wait() || number == Linux.SYS_epoll_pwait();
    }

    /** Whether this system call replaces the signal mask while it waits. */
    static boolean setsSignalMask(long number) {
        return number == Linux.SYS_epoll_pwait()
                || number == Linux.SYS_epoll_pwait2()
                || number == Linux.SYS_io_pgetevents()
                || number == Linux.SYS_io_uring_enter();
    }

    /**
     * Changes registers so that the thread repeats its interrupted call when it continues, however it is resumed: the
     * instruction pointer moves back to the {@code syscall} instruction, and rax holds the number. The kernel does the
     * same for -ERESTARTSYS (arch/x86/kernel/signal.c, arch_do_signal_or_restart).
     */
    public static void rewind(Registers registers) {
        registers.rip(registers.rip() - INSTRUCTION_LENGTH);
        registers.rax(registers.origRax());
        registers.origRax(-1);
    }
}
