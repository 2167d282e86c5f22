package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.check;
import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import dev.pulpo.ffm.raw.__ptrace_peeksiginfo_args;
import dev.pulpo.ffm.raw.__ptrace_rseq_configuration;
import dev.pulpo.ffm.raw.iovec;
import dev.pulpo.ffm.raw.user_regs_struct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * ptrace(2) and waitpid(2), as far as Pulpo uses them. Linux ties a tracee to the tracer's <em>thread</em>: every call
 * for a tracee must come from the platform thread that seized it, or it fails with ESRCH. An instance holds the scratch
 * memory of one such thread, so that no call allocates.
 *
 * <p>Methods that return {@code int} return 0 or an error number, for use within a stop; the others throw
 * {@link SystemCallException}.
 */
public final class Ptrace {
    /** New threads are seized, too, and start with a stop. */
    public static final int TRACE_CLONE = Linux.PTRACE_O_TRACECLONE();
    /** A successful execve is a distinct stop, not a SIGTRAP. */
    public static final int TRACE_EXEC = Linux.PTRACE_O_TRACEEXEC();
    /** System-call stops can be distinguished from SIGTRAP. */
    public static final int TRACE_SYSGOOD = Linux.PTRACE_O_TRACESYSGOOD();

    /** The thread's seccomp filters are inactive while it is traced; needs CAP_SYS_ADMIN. */
    public static final int SUSPEND_SECCOMP = Linux.PTRACE_O_SUSPEND_SECCOMP();

    /** {@code PTRACE_EVENT_EXEC}: the process has a new image. */
    public static final int EVENT_EXEC = Linux.PTRACE_EVENT_EXEC();
    /** {@code PTRACE_EVENT_CLONE}: the thread has created another one. */
    public static final int EVENT_CLONE = Linux.PTRACE_EVENT_CLONE();

    /** The status word of {@link #pollWord} for no change. */
    public static final int NOTHING = -1;

    private static final long SIGSET_BYTES = 8;
    private static final long POLL_NANOS = 20_000;

    private final MemorySegment word;
    private final MemorySegment vector;
    private final MemorySegment mask;
    private final MemorySegment info;
    private final MemorySegment peek;
    private final Pause pause;
    private final WaitGuard guard = new WaitGuard();

    /** For calls from the calling thread, with scratch memory from {@code arena}. */
    public Ptrace(Arena arena) {
        word = arena.allocate(ValueLayout.JAVA_INT);
        pause = new Pause(arena);
        vector = arena.allocate(iovec.layout());
        mask = arena.allocate(ValueLayout.JAVA_LONG);
        info = arena.allocate(128, 8);
        peek = arena.allocate(__ptrace_peeksiginfo_args.layout());
    }

    private static long ptrace(int request, int tid, long address, long data) {
        long result;
        do {
            // If a supervisor handles this process's calls (seccomp_unotify(2)), signals may end calls before they begin.
            result = syscall(Linux.SYS_ptrace(), request, tid, address, data);
        } while (result == -Errno.EINTR);
        return result;
    }

    private static void checked(String request, int tid, long result) {
        // Builds the message only if there is a failure.
        if (NativeCalls.isError(result)) {
            check("ptrace(" + request + ", " + tid + ")", result);
        }
    }

    /** The guard of this thread while it waits, if it is {@linkplain WaitGuard#arm armed}. */
    public WaitGuard guard() {
        return guard;
    }

    /** A stopped tracee that is not found any more has been killed. */
    private int found(int tid, long result) {
        if (result == -Errno.ESRCH) {
            leaveEnd(tid);
        }
        return (int) -result;
    }

    /** Leaves it to the {@linkplain #guard() guard} to wait for a tracee that has ended or will end. */
    public void leaveEnd(int tid) {
        guard.reaper().add(tid);
    }

    /**
     * Becomes the tracer of a thread without stopping it. During an execve of its process, this waits for the end of
     * that; with the {@linkplain #guard() guard} armed, the execve does not wait for other tracees.
     *
     * @param pid the process of the thread
     * @return 0 or an error number
     */
    public int seize(int pid, int tid, int options) {
        guard.enterSeize(pid);
        int error = (int) -ptrace(Linux.PTRACE_SEIZE(), tid, 0, options);
        guard.leaveSeize();
        if (error == 0) {
            // Another thread may have had the id before.
            guard.reaper().end(tid);
        }
        return error;
    }

    /** Asks a seized thread to stop; {@link #await} returns the stop. Returns 0 or an error number. */
    public int interrupt(int tid) {
        int error = (int) -ptrace(Linux.PTRACE_INTERRUPT(), tid, 0, 0);
        if (error != 0) {
            // EIO for a zombie.
            leaveEnd(tid);
        }
        return error;
    }

    /** Resumes a stopped thread, with {@code signal} if that is not 0. Returns 0 or an error number. */
    public int resume(int tid, int signal) {
        return found(tid, ptrace(Linux.PTRACE_CONT(), tid, 0, signal));
    }

    /** As {@link #resume}, until the next entry to or exit from a system call. */
    public int resumeToSyscall(int tid, int signal) {
        return found(tid, ptrace(Linux.PTRACE_SYSCALL(), tid, 0, signal));
    }

    /** As {@link #resume}, for one instruction. */
    public int step(int tid, int signal) {
        return found(tid, ptrace(Linux.PTRACE_SINGLESTEP(), tid, 0, signal));
    }

    /** Detaches from a stopped thread; it stays stopped if its process is. Returns 0 or an error number. */
    public int detach(int tid, int signal) {
        return found(tid, ptrace(Linux.PTRACE_DETACH(), tid, 0, signal));
    }

    /** Reads the registers of a stopped thread. Returns 0 or an error number. */
    public int readRegisters(int tid, Registers into) {
        return found(tid, ptrace(Linux.PTRACE_GETREGS(), tid, 0, into.struct().address()));
    }

    /** Writes the registers of a stopped thread. Returns 0 or an error number. */
    public int writeRegisters(int tid, Registers from) {
        return found(tid, ptrace(Linux.PTRACE_SETREGS(), tid, 0, from.struct().address()));
    }

    /**
     * Reads the extended state ({@code NT_X86_XSTATE}: x87, SSE, AVX and so on, in the format of XSAVE).
     *
     * @param into a buffer of the largest size, {@link SignalFrame#XSTATE_MAX}
     * @return its length in bytes
     */
    public long readExtendedState(int tid, MemorySegment into) {
        iovec.iov_base(vector, into);
        iovec.iov_len(vector, into.byteSize());
        checked("PTRACE_GETREGSET, NT_X86_XSTATE", tid,
                ptrace(Linux.PTRACE_GETREGSET(), tid, Linux.NT_X86_XSTATE(), vector.address()));
        return iovec.iov_len(vector);
    }

    /** Writes the extended state from {@link #readExtendedState}. Returns 0 or an error number. */
    public int writeExtendedState(int tid, MemorySegment from) {
        iovec.iov_base(vector, from);
        iovec.iov_len(vector, from.byteSize());
        return found(tid, ptrace(Linux.PTRACE_SETREGSET(), tid, Linux.NT_X86_XSTATE(), vector.address()));
    }

    /** Whether the thread has a shadow stack (CET); false on kernels and CPUs without support. */
    public boolean hasShadowStack(int tid) {
        iovec.iov_base(vector, mask);
        iovec.iov_len(vector, SIGSET_BYTES);
        return ptrace(Linux.PTRACE_GETREGSET(), tid, NT_X86_SHSTK, vector.address()) == 0
                && mask.get(ValueLayout.JAVA_LONG, 0) != 0;
    }

    /**
     * The seccomp filters of a stopped thread (PTRACE_SECCOMP_GET_FILTER).
     *
     * @throws SystemCallException EACCES without CAP_SYS_ADMIN or if the caller has a filter itself, EMEDIUMTYPE for a
     * filter that is not classic BPF, EIO if the kernel was built without CHECKPOINT_RESTORE
     */
    public List<SeccompFilter> seccompFilters(int tid) {
        List<SeccompFilter> filters = new ArrayList<>();
        while (true) {
            long instructions = ptrace(PTRACE_SECCOMP_GET_FILTER, tid, filters.size(), 0);
            if (instructions == -Errno.ENOENT) {
                return List.copyOf(filters);
            }
            checked("PTRACE_SECCOMP_GET_FILTER", tid, instructions);
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment program = arena.allocate(instructions * SeccompFilter.INSTRUCTION_BYTES, 8);
                checked("PTRACE_SECCOMP_GET_FILTER", tid,
                        ptrace(PTRACE_SECCOMP_GET_FILTER, tid, filters.size(), program.address()));
                filters.add(SeccompFilter.of(program));
            }
        }
    }

    /** linux/ptrace.h; glibc's header has it since 2.26, the bindings do not. */
    private static final int PTRACE_SECCOMP_GET_FILTER = 0x420c;

    /** Since Linux 6.6, so it is missing in the elf.h of the bindings. */
    private static final int NT_X86_SHSTK = 0x204;

    /** The set of blocked signals of a stopped thread; bit n-1 is signal n. */
    public long readSignalMask(int tid) {
        checked("PTRACE_GETSIGMASK", tid, ptrace(Linux.PTRACE_GETSIGMASK(), tid, SIGSET_BYTES, mask.address()));
        return mask.get(ValueLayout.JAVA_LONG, 0);
    }

    /** Sets the blocked signals of a stopped thread. Returns 0 or an error number. */
    public int writeSignalMask(int tid, long blocked) {
        mask.set(ValueLayout.JAVA_LONG, 0, blocked);
        return found(tid, ptrace(Linux.PTRACE_SETSIGMASK(), tid, SIGSET_BYTES, mask.address()));
    }

    /** What is known of the signal that a thread in signal-delivery-stop is about to get. */
    public SignalInfo readSignalInfo(int tid) {
        checked("PTRACE_GETSIGINFO", tid, ptrace(Linux.PTRACE_GETSIGINFO(), tid, 0, info.address()));
        return SignalInfo.of(info);
    }

    /** Where glibc registered the thread's {@code struct rseq}; empty if it did not, or the kernel does not support it. */
    public Optional<RemoteAddress> rseqArea(int tid) {
        MemorySegment configuration = info.asSlice(0, __ptrace_rseq_configuration.layout().byteSize());
        long result = ptrace(Linux.PTRACE_GET_RSEQ_CONFIGURATION(), tid, configuration.byteSize(),
                configuration.address());
        if (NativeCalls.isError(result)) {
            return Optional.empty();
        }
        long area = __ptrace_rseq_configuration.rseq_abi_pointer(configuration);
        return area == 0 ? Optional.empty() : Optional.of(new RemoteAddress(area));
    }

    /**
     * Whether a pending signal of the stopped thread or its process is not blocked, so that the thread gets it when it
     * continues. Stopping does not change the pending signals.
     *
     * @param number the system call that the thread is in. For calls that set a signal mask while they wait,
     *               PTRACE_GETSIGMASK shows the mask that they will restore; so every pending signal counts.
     */
    public boolean hasDeliverableSignal(int tid, long number) {
        long blocked = SystemCalls.setsSignalMask(number) ? 0 : readSignalMask(tid);
        return hasDeliverable(tid, blocked, 0) || hasDeliverable(tid, blocked, Linux.PTRACE_PEEKSIGINFO_SHARED());
    }

    private boolean hasDeliverable(int tid, long blocked, int queue) {
        for (long offset = 0;; offset++) {
            __ptrace_peeksiginfo_args.off(peek, offset);
            __ptrace_peeksiginfo_args.flags(peek, queue);
            __ptrace_peeksiginfo_args.nr(peek, 1);
            long found = ptrace(Linux.PTRACE_PEEKSIGINFO(), tid, peek.address(), info.address());
            if (found <= 0) {
                return false;
            }
            int signal = info.get(ValueLayout.JAVA_INT, 0);
            if ((blocked & Signals.bit(signal)) == 0) {
                return true;
            }
        }
    }

    /** Writes eight bytes to any mapped page of the tracee, read-only ones included. Returns 0 or an error number. */
    public int poke(int tid, long address, long value) {
        return found(tid, ptrace(Linux.PTRACE_POKEDATA(), tid, address, value));
    }

    /**
     * Waits for the next change of this thread, of any kind ({@code __WALL}).
     *
     * @throws SystemCallException with ECHILD if the caller does not trace the thread, or it is gone
     */
    public WaitStatus await(int tid) {
        return WaitStatus.of(awaitWord(tid));
    }

    /** As {@link #await}, undecoded, for use in a stop; see {@link #isInterrupted}. */
    public int awaitWord(int tid) {
        long result;
        do {
            result = syscall(Linux.SYS_wait4(), tid, word.address(), Linux.__WALL(), 0);
        } while (result == -Errno.EINTR);
        return received(tid, result);
    }

    /** As {@link #awaitWord}, but returns {@link #NOTHING} at once if there is no change. */
    public int pollWord(int tid) {
        long result = syscall(Linux.SYS_wait4(), tid, word.address(), Linux.__WALL() | Linux.WNOHANG(), 0);
        if (result == 0 || result == -Errno.EINTR) {
            return NOTHING;
        }
        return received(tid, result);
    }

    /**
     * As {@link #awaitWord}, but returns {@link #NOTHING} after some milliseconds without a change, if the
     * {@linkplain #guard() guard} is armed.
     */
    public int awaitWordBriefly(int tid) {
        guard.enter();
        long result = syscall(Linux.SYS_wait4(), tid, word.address(),
                WaitGuard.works() ? Linux.__WALL() : Linux.__WALL() | Linux.WNOHANG(), 0);
        guard.leave();
        if (result == 0) {
            // This thread may be of real-time priority, and the other one need its processor.
            pause.nanos(POLL_NANOS);
        }
        if (result == 0 || result == -Errno.EINTR) {
            return NOTHING;
        }
        return received(tid, result);
    }

    private int received(int tid, long result) {
        if (NativeCalls.isError(result)) {
            // Only the reaper can have consumed the status, and then it has recorded it.
            int end = result == -Errno.ECHILD ? guard.reaper().end(tid) : NOTHING;
            if (end == NOTHING) {
                throw new SystemCallException("waitpid(" + tid + ", __WALL)", (int) -result);
            }
            return end;
        }
        int status = word.get(ValueLayout.JAVA_INT, 0);
        if ((status & 0x7f) != 0x7f) {
            LaunchedProcess.reaped(tid, status);
        }
        return status;
    }

    /** Decodes a status word. */
    public WaitStatus decode(int status) {
        return WaitStatus.of(status);
    }

    /** Whether this is the status word of a thread stopped by {@link #interrupt}, or with its process. */
    public static boolean isInterrupted(int status) {
        return status >>> 16 == Linux.PTRACE_EVENT_STOP() && (status & 0xff) == 0x7f;
    }

    static {
        if (user_regs_struct.layout().byteSize() != 27 * 8) {
            throw new AssertionError("the bindings are not those of x86-64");
        }
    }
}
