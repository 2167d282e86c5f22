package dev.pulpo.engine.borrow;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.Step;
import dev.pulpo.engine.BlockedException;
import dev.pulpo.engine.Blocker;
import dev.pulpo.engine.BlockingThread;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.code.Hazards;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.engine.stack.WalkEndText;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.engine.trace.BlockerHistory;
import dev.pulpo.engine.trace.InterruptedCall.Restart;
import dev.pulpo.engine.trace.InterruptedCall;
import dev.pulpo.engine.trace.Release;
import dev.pulpo.engine.trace.Remedies;
import dev.pulpo.engine.trace.ThreadReport;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.Scheduling;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.ffm.WaitStatus;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the thread to borrow: any live thread that is where {@code dlopen} cannot deadlock. Threads are stopped one at a
 * time, and released at once if they will not do. For the tracer thread.
 */
public final class ThreadBorrower {
    private static final long STOP_TIMEOUT_NANOS = 20_000_000;
    private static final long RETRY_NANOS = 300_000;
    /** How long to search for a thread better than one whose call only a living tracer can make restart. */
    private static final long UNKNOWN_CALL_NANOS = 100_000_000;
    /** How long the search may overrun the deadline: each thread may take {@link #STOP_TIMEOUT_NANOS}. */
    private static final long GRACE_NANOS = 1_000_000_000;
    /** Space that a frame needs on the thread's own stack, below the red zone. */
    private static final long FRAME_ROOM = 3 * 4096;
    /** How many threads are searched for a better one. */
    private static final int BATCH = 64;

    private final ProcessImage image;
    private final TracerThread.Tools tools;
    private final Ptrace ptrace;
    private final TraceeMemory memory;
    private final boolean suspendSeccomp;
    private final CodeRanges hazards;
    private final StackTables tables;
    private final Runnable interruptCheck;
    private final Arena arena;
    private final ThreadReport report;
    private StackCheck check;
    private boolean hasTables;
    private boolean needsTables;
    private boolean walked;
    private long end;
    private Optional<ProcFs.Status> status = Optional.empty();

    /** The stack of the call's frame. */
    public enum FrameOn {
        /** The stub's. */
        STUB_STACK,
        /** The thread's own, while there is no stub. */
        THREAD_STACK
    }

    /**
     * A thread that an earlier tool borrowed and that still is on the stub's stack: the tool died, or its deadline passed.
     * The thread will leave by itself.
     */
    private Optional<Blocker> occupant(StubState stub) {
        if (stub.stack().borrower() == 0) {
            return Optional.empty();
        }
        for (int tid : ProcFs.liveThreads(image.pid())) {
            boolean borrowed = ProcFs.findStatus(image.pid(), tid)
                    .filter(status -> status.innerId("NSpid") == stub.stack().borrower()).isPresent();
            if (borrowed && isOnStubStack(tid, stub)) {
                return Optional.of(new Blocker.NotBorrowable(report.unstopped(tid, new long[0], -1),
                        "it still runs a call that an earlier tool made it make", List.of(new Remedy.WaitLonger(
                                "it leaves by itself when that returns: wait longer"))));
            }
        }
        return Optional.empty();
    }

    private boolean isOnStubStack(int tid, StubState stub) {
        if (tools.late().contains(tid)) {
            tools.late().release();
            return true;
        }
        int error = ptrace.seize(image.pid(), tid, 0);
        if (error == Errno.ESRCH || error != 0 && ProcFs.isZombie(image.pid(), tid)) {
            return false;
        }
        if (error != 0) {
            throw PtraceAccess.refused(image.pid(), tid, error);
        }
        look(tid);
        long began = System.nanoTime();
        if (!stops(tid, began)) {
            return true;
        }
        Registers registers = tools.saved();
        if (ptrace.readRegisters(tid, registers) != 0) {
            ptrace.detach(tid, 0);
            return false;
        }
        long above = registers.rsp() - stub.stack().start().value();
        Release.detach(ptrace, tools.waits(), tid, registers, 0, began);
        tools.pauses().alone(tid, began, System.nanoTime());
        return above >= 0 && above <= stub.stack().size();
    }

    /** The result of trying one thread. */
    private sealed interface Attempt {
        record Taken(ThreadLoan loan) implements Attempt {}

        /** @param blocker made after the thread has been released */
        record Refused(Supplier<Blocker> blocker) implements Attempt {}

        /** It would do, but there may be a better one. */
        record Postponed() implements Attempt {}

        record Gone() implements Attempt {}
    }

    /**
     * @param suspendSeccomp whether to suspend the seccomp filters of a borrowed thread
     * @param tables         to unwind stacks with; made only if no thread can be judged without them
     * @param interruptCheck throws where the search is to end early
     * @param arena          for the search; loans do not need it
     */
    public ThreadBorrower(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory, boolean suspendSeccomp,
            StackTables tables, Runnable interruptCheck, Arena arena) {
        this.interruptCheck = interruptCheck;
        this.arena = arena;
        this.suspendSeccomp = suspendSeccomp;
        this.image = image;
        this.tools = tools;
        this.ptrace = tools.ptrace();
        this.memory = memory;
        this.hazards = Hazards.of(image);
        this.tables = tables;
        Optional<CfiMap> known = tables.ifKnown(image);
        this.hasTables = known.isPresent();
        this.check = check(known);
        this.report = new ThreadReport(image, memory);
    }

    private StackCheck check(Optional<CfiMap> map) {
        return new StackCheck(image, memory, hazards, map, arena);
    }

    /**
     * Borrows a thread.
     *
     * @param deadline on the scale of {@link System#nanoTime}
     * @throws BlockedException where no thread would do until the deadline
     */
    public ThreadLoan borrow(FrameOn frameOn, long deadline) {
        long began = System.nanoTime();
        end = Math.max(began, deadline) + GRACE_NANOS;
        BlockerHistory history = new BlockerHistory();
        if (frameOn == FrameOn.STUB_STACK) {
            awaitStack(began, deadline, history);
        }
        while (true) {
            List<Blocker> blockers = new ArrayList<>();
            List<Integer> sleepers = new ArrayList<>();
            // Usually the leader will do, and no search is needed.
            Optional<ThreadLoan> loan = tryAll(List.of(image.pid()), frameOn, Restart.BY_REGISTERS, blockers, sleepers);
            List<Integer> others = List.of();
            if (loan.isEmpty()) {
                others = ProcFs.threads(image.pid()).stream().filter(tid -> tid != image.pid()).toList();
                loan = choose(others, frameOn, blockers, sleepers);
            }
            long now = System.nanoTime();
            if (loan.isEmpty() && (now - began > UNKNOWN_CALL_NANOS || now - deadline > 0)) {
                loan = tryAll(Stream.concat(Stream.of(image.pid()), others.stream()).toList(), frameOn,
                        Restart.BY_A_LIVING_TRACER, new ArrayList<>(), new ArrayList<>());
            }
            if (loan.isPresent()) {
                return loan.get();
            }
            blockers = history.add(blockers);
            tools.late().release();
            if (needsTables && !hasTables || tables.learn(image)) {
                check = check(Optional.of(tables.of(image)));
                hasTables = true;
                continue;
            }
            if (!blockers.isEmpty() && blockers.stream().allMatch(Blocker.Forbidden.class::isInstance)) {
                throw new RefusedException(image.pid(),
                        new Refusal.LoadingForbidden(blockers.stream().map(Blocker::facts).toList(),
                                blockers.stream().flatMap(blocker -> blocker.remedies().stream()).distinct().toList()));
            }
            if (blockers.isEmpty() && ProcFs.liveThreads(image.pid()).isEmpty()) {
                throw new TargetGoneException(image.pid(), "it has ended");
            }
            if (memory.isGone()) {
                throw TargetGoneException.endedOrReplaced(image.pid());
            }
            if (System.nanoTime() - deadline > 0) {
                if (blockers.isEmpty()) {
                    throw new TargetGoneException(image.pid(), "its threads end faster than they can be borrowed");
                }
                throw new BlockedException(image.pid(), Duration.ofNanos(System.nanoTime() - began), blockers);
            }
            interruptCheck.run();
            tools.pause().nanos(RETRY_NANOS);
        }
    }

    private void awaitStack(long began, long deadline, BlockerHistory history) {
        while (true) {
            StubState stub = StubState.read(image.pid(), memory, image.stub().orElseThrow());
            Optional<Blocker> occupant = occupant(stub);
            if (occupant.isEmpty()) {
                return;
            }
            if (System.nanoTime() - deadline > 0) {
                throw new BlockedException(image.pid(), Duration.ofNanos(System.nanoTime() - began),
                        history.add(List.of(occupant.get())));
            }
            history.addSome(List.of(occupant.get()));
            interruptCheck.run();
            tools.pause().nanos(RETRY_NANOS);
        }
    }

    /**
     * Takes one of these threads, preferably one whose registers describe its system call completely.
     *
     * @param sleepers further candidates, which are less preferable
     */
    private Optional<ThreadLoan> choose(List<Integer> tids, FrameOn frameOn, List<Blocker> blockers,
            List<Integer> sleepers) {
        Optional<ThreadLoan> loan = Optional.empty();
        List<Integer> known = sleepers;
        for (int from = 0; loan.isEmpty() && (from == 0 || System.nanoTime() - end <= 0)
                && (from < tids.size() || !known.isEmpty()); from += BATCH) {
            List<Integer> some = tids.subList(Math.min(from, tids.size()), Math.min(from + BATCH, tids.size()));
            loan = tryAll(some, frameOn, Restart.BY_REGISTERS, blockers, known);
            if (loan.isEmpty()) {
                loan = tryAll(known, frameOn, Restart.FROM_THE_BEGINNING, blockers, new ArrayList<>());
            }
            known = new ArrayList<>();
        }
        return loan;
    }

    /** @param postponed receives threads that would do for {@code worst}, but not better */
    private Optional<ThreadLoan> tryAll(List<Integer> tids, FrameOn frameOn, Restart worst, List<Blocker> blockers,
            List<Integer> postponed) {
        for (int tid : tids) {
            switch (attempt(tid, frameOn, worst)) {
                case Attempt.Taken taken -> {
                    return Optional.of(taken.loan());
                }
                case Attempt.Postponed sleeper -> postponed.add(tid);
                case Attempt.Refused refused -> blockers.add(refused.blocker().get());
                case Attempt.Gone gone -> {
                    // It has ended, and blocks nothing any more.
                }
            }
            if (System.nanoTime() - end > 0) {
                break;
            }
        }
        return Optional.empty();
    }

    private Attempt attempt(int tid, FrameOn frameOn, Restart worst) {
        look(tid);
        if (worst == Restart.BY_REGISTERS && tools.waits().isInRestartableSleep()) {
            return new Attempt.Postponed();
        }
        // A stopped thread stands still while this one waits for a CPU.
        Scheduling.Level level = tools.scheduling().raise();
        boolean taken = false;
        try {
            Attempt attempt = attemptNow(tid, frameOn, worst, level);
            taken = attempt instanceof Attempt.Taken;
            return attempt;
        } finally {
            if (!taken) {
                tools.scheduling().restore(level);
            }
        }
    }

    /** @param level that a loan restores at its end */
    private Attempt attemptNow(int tid, FrameOn frameOn, Restart worst, Scheduling.Level level) {
        int error = ptrace.seize(image.pid(), tid,
                Ptrace.TRACE_EXEC | Ptrace.TRACE_SYSGOOD | (suspendSeccomp ? Ptrace.SUSPEND_SECCOMP : 0));
        if (error == Errno.ESRCH || error != 0 && ProcFs.isZombie(image.pid(), tid)) {
            return new Attempt.Gone();
        }
        if (error != 0 && ProcFs.isTracedByCaller(image.pid(), tid)) {
            return lateStop(tid);
        }
        if (error != 0) {
            throw PtraceAccess.refused(image.pid(), tid, error);
        }
        long began = System.nanoTime();
        if (!stops(tid, began)) {
            return ProcFs.isZombie(image.pid(), tid)
                    ? new Attempt.Gone()
                    : refused(tid, "it does not stop (state " + ProcFs.state(image.pid(), tid) + ")");
        }
        walked = false;
        Registers registers = tools.saved();
        if (ptrace.readRegisters(tid, registers) != 0) {
            return new Attempt.Gone();
        }
        if (worst == Restart.BY_REGISTERS && InterruptedCall.restart(registers, memory) != Restart.BY_REGISTERS) {
            Release.detach(ptrace, tools.waits(), tid, registers, 0, began);
            tools.pauses().alone(tid, began, System.nanoTime());
            return new Attempt.Postponed();
        }
        Unfit unfit = unfit(tid, registers, frameOn, worst);
        if (unfit == null) {
            return taken(tid, registers, began, level);
        }
        long call = SystemCalls.isUnfinished(registers) ? registers.origRax() : -1;
        long programCounter = registers.rip();
        long[] frames = frames(programCounter);
        int frame = walked ? check.blockingFrame() : -1;
        Release.detach(ptrace, tools.waits(), tid, registers, 0, began);
        tools.pauses().alone(tid, began, System.nanoTime());
        return new Attempt.Refused(
                () -> blocker(unfit, report.stopped(tid, frames, frame, call, programCounter)));
    }

    /** Why a stopped thread will not do; formatted after its release. */
    private sealed interface Unfit {
        /** A seccomp filter would kill it. */
        record Filtered(String reason) implements Unfit {}

        /** It must not be interrupted now. */
        record Occupied(String reason) implements Unfit {}

        /** It is in code that holds locks of the loader or the allocator. */
        record Inside(int zone, long address) implements Unfit {}

        /** Its stack cannot be unwound. */
        record Unknown(Step end, long address) implements Unfit {}
    }

    private Blocker blocker(Unfit unfit, BlockingThread thread) {
        List<Remedy> leaving = Remedies.leaving(thread);
        return switch (unfit) {
            case Unfit.Filtered filtered -> new Blocker.Forbidden(thread, filtered.reason(),
                    List.of(Remedy.Action.SUSPEND_SECCOMP));
            case Unfit.Occupied occupied -> new Blocker.NotBorrowable(thread, occupied.reason(), leaving);
            case Unfit.Inside inside -> new Blocker.NotBorrowable(thread, "it is inside " + hazards.name(inside.zone())
                    + ", at " + report.describe(inside.address()), leaving);
            case Unfit.Unknown unknown -> new Blocker.UnknownStack(thread,
                    WalkEndText.of(unknown.end(), report.describe(unknown.address())),
                    Remedies.of(leaving, Remedies.following(unknown.end())));
        };
    }

    /** The frames seen while judging the thread; without a judgement, the running one. */
    private long[] frames(long programCounter) {
        if (!walked) {
            return new long[]{programCounter};
        }
        long[] frames = new long[check.frameCount()];
        for (int i = 0; i < frames.length; i++) {
            frames[i] = check.frame(i);
        }
        return frames;
    }

    /** A stopped thread can still end, by SIGKILL or because another thread executes a program; then it is not taken. */
    private Attempt taken(int tid, Registers registers, long began, Scheduling.Level level) {
        try {
            return new Attempt.Taken(new ThreadLoan(image.pid(), tid, tools, memory, registers, status, began, level));
        } catch (SystemCallException e) {
            if (e.errno() == Errno.ESRCH) {
                return new Attempt.Gone();
            }
            throw e;
        }
    }

    /** Records what a thread waits for, before it is stopped. */
    private void look(int tid) {
        tools.waits().begin(image.pid());
        tools.waits().look(tid, memory, tools.scheduling());
    }

    /** Stops a seized thread, or leaves it to the late stops. */
    private boolean stops(int tid, long began) {
        if (ptrace.interrupt(tid) == 0 && awaitInterrupted(tid)) {
            return true;
        }
        tools.late().add(tid, began);
        return false;
    }

    /** A thread that did not stop at an earlier try is still seized. */
    private Attempt lateStop(int tid) {
        return refused(tid, "it did not stop when it was asked to (state " + ProcFs.state(image.pid(), tid) + ")");
    }

    private Attempt refused(int tid, String reason) {
        return new Attempt.Refused(() -> {
            BlockingThread thread = report.unstopped(tid, new long[0], -1);
            return new Blocker.NotBorrowable(thread, reason, Remedies.leaving(thread));
        });
    }

    /** Waits for the stop that answers the interrupt; delivers signals that come first. */
    private boolean awaitInterrupted(int tid) {
        long limit = System.nanoTime() + STOP_TIMEOUT_NANOS;
        while (System.nanoTime() - limit < 0) {
            int word = tools.awaitWord(tid);
            if (word == Ptrace.NOTHING) {
                continue;
            }
            switch (ptrace.decode(word)) {
                case WaitStatus.Interrupted stopped -> {
                    return true;
                }
                case WaitStatus.GroupStop stopped -> {
                    return true;
                }
                case WaitStatus.SignalStop stop -> ptrace.resume(tid, stop.signal());
                case WaitStatus.Event event -> ptrace.resume(tid, 0);
                case WaitStatus.SyscallStop stop -> ptrace.resume(tid, 0);
                case WaitStatus.Exited exited -> {
                    return false;
                }
                case WaitStatus.Killed killed -> {
                    return false;
                }
            }
        }
        return false;
    }

    private @Nullable Unfit unfit(int tid, Registers registers, FrameOn frameOn, Restart worst) {
        status = ProcFs.findStatus(image.pid(), tid);
        Optional<String> filtered = suspendSeccomp ? Optional.empty() : SeccompCheck.of(ptrace, tid, status);
        if (filtered.isPresent()) {
            return new Unfit.Filtered(filtered.get());
        }
        Optional<String> reason = obstacle(tid, registers, frameOn, worst);
        if (reason.isPresent()) {
            return new Unfit.Occupied(reason.get());
        }
        check.begin();
        StackCheck.Verdict verdict = check.judge(tid, registers);
        walked = verdict == StackCheck.Verdict.INSIDE || verdict == StackCheck.Verdict.UNKNOWN;
        return switch (verdict) {
            case CLEAR -> null;
            case INSIDE -> new Unfit.Inside(check.zone(), check.address());
            case NEEDS_TABLES -> {
                needsTables = true;
                yield new Unfit.Occupied("its stack has not been followed");
            }
            case UNKNOWN -> new Unfit.Unknown(check.end(), check.address());
        };
    }

    private Optional<String> obstacle(int tid, Registers registers, FrameOn frameOn, Restart worst) {
        if (!registers.isLongMode()) {
            return Optional.of("it runs 32-bit code");
        }
        if (registers.rsp() == 0 && registers.rip() == 0) {
            return Optional.of("it is a worker of the kernel");
        }
        if (InterruptedCall.restart(registers, memory).compareTo(worst) > 0) {
            return Optional.of("its system call can be restarted by the kernel only");
        }
        if (insideRestartableSequence(tid, registers.rip())) {
            return Optional.of("it is inside a restartable sequence");
        }
        if (frameOn == FrameOn.THREAD_STACK) {
            RemoteAddress lowest = new RemoteAddress(registers.rsp() - StackCheck.RED_ZONE - FRAME_ROOM);
            // All of it must be in one mapping: after a guard page another thread's stack may begin.
            if (image.map().find(new RemoteAddress(registers.rsp()))
                    .filter(mapping -> mapping.isWritable() && mapping.contains(lowest)).isEmpty()) {
                return Optional.of("its stack has no room for a signal frame");
            }
            if (ptrace.hasShadowStack(tid)) {
                return Optional
                        .of("it has a shadow stack, and the process no stub yet: start it with the stub preloaded");
            }
        }
        return Optional.empty();
    }

    /**
     * rseq(2): while a thread is in a critical section, its rseq area points to a {@code struct rseq_cs} (u32 version,
     * flags; u64 start, length, abort). The kernel would not notice that the thread leaves it and comes back.
     */
    private boolean insideRestartableSequence(int tid, long rip) {
        Optional<RemoteAddress> area = ptrace.rseqArea(tid);
        if (area.isEmpty()) {
            return false;
        }
        try (Arena scratch = Arena.ofConfined()) {
            RemoteAddress section = new RemoteAddress(memory.readLong(area.get().plus(8)));
            if (section.isNull()) {
                return false;
            }
            MemorySegment descriptor = scratch.allocate(32, 8);
            memory.read(section, descriptor);
            long start = descriptor.get(ValueLayout.JAVA_LONG, 8);
            long length = descriptor.get(ValueLayout.JAVA_LONG, 16);
            return Long.compareUnsigned(rip - start, length) < 0;
        }
    }
}
