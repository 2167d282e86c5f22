package dev.pulpo.engine.borrow;

import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.InterruptedCall;
import dev.pulpo.engine.trace.TimedWaits;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.Scheduling;
import dev.pulpo.ffm.SignalFrame;
import dev.pulpo.ffm.SignalInfo;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.ffm.WaitStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * One borrowed thread of the target; all others run. {@link #call} makes it call functions. {@link #close} releases it as it
 * was: general registers, extended state, signal mask, and the interrupted system call. For the tracer thread.
 *
 * <p>The tool may be killed at any instant; then the thread continues by itself. So before each call a complete signal frame
 * is written, and the code at the {@link CallSite} leaves through {@code rt_sigreturn}, unless a tracer takes the thread
 * back at the announcement. Only that announcement, from the announcing address of the call site, counts as the return of
 * the call.
 */
public final class ThreadLoan implements AutoCloseable {
    private static final long PAUSE_NANOS = 20_000;
    private static final int LEAVE_TRIES = 1_000;
    /** After the deadline, a thread without a CPU is waited for this long, */
    private static final long LONGEST_STARVED_NANOS = 15_000_000_000L;
    /** or until it has run this long. */
    private static final long ENOUGH_RUN_NANOS = 500_000_000L;

    private final int pid;
    private final int tid;
    private final TracerThread.Tools tools;
    private final Ptrace ptrace;
    private final TraceeMemory memory;
    private final Arena arena = Arena.ofConfined();
    private final Registers saved;
    private final MemorySegment extended;
    private final long blocked;
    private final long began;
    private final Scheduling.Level raised;
    /** When the interrupted call would have timed out, if known; on the scale of {@link System#nanoTime}. */
    private long end = Long.MAX_VALUE;
    private Optional<ProcFs.Status> freshStatus;
    private boolean diverted;
    private boolean abandoned;
    private RemoteAddress borrower = RemoteAddress.NULL;
    private OptionalLong ranAtDeadline = OptionalLong.empty();
    private long ended;

    /**
     * Takes a seized and stopped thread. Only {@link #close} releases it.
     *
     * @param saved  its registers
     * @param status of the thread, read since it was stopped
     * @param began  when it was interrupted, on the scale of {@link System#nanoTime}
     * @param raised what the tracer thread's priority was raised to for the loan, which restores it
     */
    ThreadLoan(int pid, int tid, TracerThread.Tools tools, TraceeMemory memory, Registers saved,
            Optional<ProcFs.Status> status, long began, Scheduling.Level raised) {
        this.pid = pid;
        this.tid = tid;
        this.tools = tools;
        this.ptrace = tools.ptrace();
        this.memory = memory;
        this.began = began;
        this.raised = raised;
        this.freshStatus = status;
        this.saved = new Registers(arena);
        this.saved.set(saved);
        MemorySegment buffer = arena.allocate(SignalFrame.XSTATE_MAX, 64);
        extended = buffer.asSlice(0, ptrace.readExtendedState(tid, buffer));
        blocked = ptrace.readSignalMask(tid);
        if (SystemCalls.isInterruptedForGood(saved) && !ptrace.hasDeliverableSignal(tid, saved.origRax())) {
            end = tools.waits().end(tid, saved, began);
            SystemCalls.rewind(this.saved);
        }
    }

    public int tid() {
        return tid;
    }

    /** Whether the thread can still make calls. */
    boolean isUsable() {
        return !abandoned;
    }

    int pid() {
        return pid;
    }

    TraceeMemory memory() {
        return memory;
    }

    Registers savedRegisters() {
        return saved;
    }

    /** The registers with which the thread continues if the tool dies. */
    private Registers resumeRegisters() {
        Registers registers = tools.scratch();
        registers.set(saved);
        if (SystemCalls.isRestarting(registers)) {
            registers.origRax(InterruptedCall.number(registers, memory));
            SystemCalls.rewind(registers);
        }
        return registers;
    }

    SignalFrame.Image frameBelow(long top, long returnAddress) {
        return SignalFrame.layOut(arena, top, returnAddress, resumeRegisters(), extended, blocked);
    }

    /**
     * Calls a function of the target.
     *
     * @param site      code and memory of the call
     * @param function  address of the function
     * @param arguments bytes for the function, or empty; the first argument points to them. They may contain addresses
     *                  computed with {@link #argumentsAt}
     * @param values    up to five arguments; {@code arguments} replace the first unless they are empty
     * @param deadline  on the scale of {@link System#nanoTime}
     * @return the function's result, in rax
     * @throws BorrowedCallException where the function faulted (the thread is released), or did not return by the deadline
     *                               (the thread continues with it and returns by itself)
     */
    public long call(CallSite site, RemoteAddress function, byte[] arguments, long[] values, long deadline) {
        run(site, function, arguments, values, deadline);
        return memory.readLong(site.result());
    }

    /** As {@link #call}, for a function without a result in rax. */
    void run(CallSite site, RemoteAddress function, byte[] arguments, long[] values, long deadline) {
        if (arguments.length > argumentBytes(site)) {
            throw new BorrowedCallException(pid, tid,
                    arguments.length + " bytes of arguments do not fit the stub's stack of " + site.stackSize());
        }
        RemoteAddress argumentsAt = argumentsAt(site);
        // All calls of a loan write the same frame to the same place: during the write the thread may still stand above the
        // frame of the call before, which alone brings it back if the tool dies.
        SignalFrame.Image frame = frameBelow(site.stackTop().value(), site.announced().value());
        if (arguments.length > 0) {
            memory.write(argumentsAt, arguments);
        }
        memory.write(frame.address(), frame.bytes());

        long first = arguments.length > 0 ? argumentsAt.value() : value(values, 0);
        run(site.entry(), site.announced(), frame.stackPointerForReturn(), site.borrower(), deadline, registers -> {
            registers.rbx(function.value());
            registers.r12(site.result().value());
            registers.arguments(first, value(values, 1), value(values, 2), value(values, 3), value(values, 4),
                    value(values, 5));
        });
    }

    /**
     * Sends the thread to code that announces its end, and waits for that. The frame that brings the thread back has been
     * written.
     *
     * @param announced    program counter of the thread at the announcement
     * @param stackPointer at the entry and at the announcement
     * @param borrower     as in {@link CallSite}
     * @param arguments    sets registers; r13 to r15 are for the announcement
     */
    void run(RemoteAddress entry, RemoteAddress announced, long stackPointer, RemoteAddress borrower, long deadline,
            Consumer<Registers> arguments) {
        ProcFs.Status status = freshStatus.orElseGet(() -> ProcFs.status(pid, tid));
        freshStatus = Optional.empty();
        int announcement = announcement(status);
        Registers registers = tools.scratch();
        registers.set(saved);
        registers.rip(entry.value());
        registers.rsp(stackPointer);
        registers.origRax(-1);
        arguments.accept(registers);
        registers.r13(announcement);
        int innerTid = status.innerId("NSpid");
        occupy(borrower, innerTid);
        registers.r14(status.innerId("NStgid"));
        registers.r15(innerTid);
        divert(registers, ~(Signals.SYNCHRONOUS | Signals.bit(announcement)));
        awaitAnnouncement(announced, announcement, stackPointer, deadline);
    }

    /** Writes into the target which thread uses the stack. No other call is put there while this one may still run. */
    private void occupy(RemoteAddress field, long innerTid) {
        if (!field.isNull()) {
            borrower = field;
            memory.writeLongs(field, innerTid);
        }
    }

    /** Address of the arguments of {@link #call}: at the far end of the stack, away from the frame. */
    static RemoteAddress argumentsAt(CallSite site) {
        return new RemoteAddress(site.stackTop().value() - site.stackSize() + 63 & -64);
    }

    /** Limit of the arguments of {@link #call}: half of the stack stays for the call itself. */
    static long argumentBytes(CallSite site) {
        return site.stackSize() / 2;
    }

    /** Memory of the tool that lives as long as the loan. */
    MemorySegment allocate(long bytes) {
        return arena.allocate(bytes);
    }

    /** Why the thread's seccomp filters forbid these system calls; empty where they allow them. */
    Optional<String> forbids(Map<String, Integer> calls) {
        return SeccompCheck.of(ptrace, tid, ProcFs.findStatus(pid, tid), calls);
    }

    private static long value(long[] values, int index) {
        return index < values.length ? values[index] : 0;
    }

    void divert(Registers registers, long mask) {
        // From here on the thread is itself again only after a complete restore, or through the frame.
        diverted = true;
        // The order matters. If the tool dies in between, the thread has a frame to return to, with its own mask. The other
        // way round it would continue where it was, with all signals blocked.
        check("PTRACE_SETREGS", ptrace.writeRegisters(tid, registers));
        check("PTRACE_SETSIGMASK", ptrace.writeSignalMask(tid, mask));
    }

    /**
     * A signal that the target ignores: it has no handler, and the default action is to ignore it. The tracer sees it, and
     * the target never does unless the tool dies. A target that handles all of them, as Go programs do, expects SIGURG at any
     * time.
     */
    private static int announcement(ProcFs.Status status) {
        long caught = status.mask("SigCgt");
        return IntStream.of(Signals.SIGURG, Signals.SIGWINCH, Signals.SIGCHLD)
                .filter(signal -> (caught & Signals.bit(signal)) == 0).findFirst().orElse(Signals.SIGURG);
    }

    private void awaitAnnouncement(RemoteAddress announced, int announcement, long stackPointer, long deadline) {
        resume(0);
        while (true) {
            WaitStatus status = awaitStop(deadline);
            switch (status) {
                case WaitStatus.Exited exited -> throw gone();
                case WaitStatus.Killed killed -> throw gone();
                case WaitStatus.SignalStop stop -> {
                    Registers registers = readRegisters();
                    SignalInfo info = ptrace.readSignalInfo(tid);
                    if (stop.signal() == announcement && info.isDirected()
                            && registers.rip() == announced.value() && registers.rsp() == stackPointer) {
                        return;
                    }
                    if (info.code() > 0 && (Signals.bit(stop.signal()) & Signals.SYNCHRONOUS) != 0) {
                        throw new BorrowedCallException(pid, tid, "the borrowed call was ended by "
                                + Signals.name(stop.signal()) + " at 0x" + Long.toHexString(registers.rip())
                                + "; the thread was put back, but what it had locked may still be locked");
                    }
                    // Another sender's signal, one that cannot be blocked or that looks like ours, is delivered.
                    resume(stop.signal());
                }
                // In a group-stop the borrowed thread continues, and is stopped again afterwards.
                case WaitStatus.GroupStop stopped -> resume(0);
                case WaitStatus.Interrupted interrupted -> resume(0);
                case WaitStatus.SyscallStop syscall -> resume(0);
                case WaitStatus.Event event -> {
                    if (event.event() == Ptrace.EVENT_EXEC) {
                        abandoned = true;
                        throw new TargetGoneException(pid, "it has executed another program");
                    }
                    resume(0);
                }
            }
        }
    }

    WaitStatus awaitStop(long deadline) {
        while (true) {
            int word = tools.awaitWord(tid);
            if (word != Ptrace.NOTHING) {
                return ptrace.decode(word);
            }
            if (memory.isGone()) {
                // Another thread has ended the process or executed a program; if this one was the leader, that thread took
                // over its id.
                abandoned = true;
                throw TargetGoneException.endedOrReplaced(pid);
            }
            if (System.nanoTime() - deadline > 0 && !isStarved(deadline)) {
                leave();
                throw new BorrowedCallException(pid, tid,
                        "the borrowed call has not returned by the deadline (thread state "
                                + ProcFs.state(pid, tid) + "); the thread goes on with it and finds its own way back");
            }
        }
    }

    /**
     * Whether the thread could run but gets no CPU. On a loaded machine its call is worth waiting for. A thread that sleeps,
     * or has run long enough, is not waited for.
     */
    private boolean isStarved(long deadline) {
        long run = ProcFs.runNanos(pid, tid).orElse(Long.MAX_VALUE);
        if (ranAtDeadline.isEmpty()) {
            ranAtDeadline = OptionalLong.of(run);
        }
        return run - ranAtDeadline.getAsLong() < ENOUGH_RUN_NANOS
                && System.nanoTime() - deadline < LONGEST_STARVED_NANOS
                && ProcFs.state(pid, tid) == 'R';
    }

    /** Abandons the running thread: when its call returns, the frame restores it. */
    private void leave() {
        abandoned = true;
        if (ptrace.interrupt(tid) != 0) {
            return;
        }
        // The next stop may be any stop; the thread is released from it unchanged. A thread in an uninterruptible wait does
        // not stop in time; the end of the tracer thread releases it.
        for (int tries = 0; tries < LEAVE_TRIES; tries++) {
            int word = ptrace.pollWord(tid);
            if (word != Ptrace.NOTHING) {
                WaitStatus status = ptrace.decode(word);
                if (!status.isGone()) {
                    ptrace.detach(tid, status instanceof WaitStatus.SignalStop stop ? stop.signal() : 0);
                }
                return;
            }
            tools.pause().nanos(PAUSE_NANOS);
        }
    }

    void resume(int signal) {
        check("PTRACE_CONT", ptrace.resume(tid, signal));
    }

    void resumeToSyscall(int signal) {
        check("PTRACE_SYSCALL", ptrace.resumeToSyscall(tid, signal));
    }

    SignalInfo signalInfo() {
        return ptrace.readSignalInfo(tid);
    }

    Registers readRegisters() {
        check("PTRACE_GETREGS", ptrace.readRegisters(tid, tools.scratch()));
        return tools.scratch();
    }

    void check(String request, int error) {
        if (error == dev.pulpo.ffm.Errno.ESRCH) {
            throw gone();
        }
        if (error != 0) {
            throw new dev.pulpo.ffm.SystemCallException("ptrace(" + request + ", " + tid + ")", error);
        }
    }

    TargetGoneException gone() {
        abandoned = true;
        return new TargetGoneException(pid, "its borrowed thread " + tid + " has ended");
    }

    /** How long the thread was borrowed. Known after {@link #close}. */
    public Duration duration() {
        return Duration.ofNanos(ended - began);
    }

    /** Releases the thread. */
    @Override
    public void close() {
        try {
            if (!abandoned) {
                restore();
            }
        } finally {
            ended = System.nanoTime();
            tools.pauses().borrowed(tid, began, ended);
            arena.close();
            tools.scheduling().restore(raised);
        }
    }

    private void restore() {
        if (diverted) {
            // Each fails only if the thread has been killed, and then the others do not matter.
            ptrace.writeSignalMask(tid, blocked);
            ptrace.writeExtendedState(tid, extended);
        }
        if (end != Long.MAX_VALUE) {
            TimedWaits.shortenTo(end, saved);
        }
        ptrace.writeRegisters(tid, saved);
        if (!borrower.isNull()) {
            memory.tryWrite(borrower.value(), arena.allocateFrom(ValueLayout.JAVA_LONG, 0));
        }
        ptrace.detach(tid, 0);
    }
}
