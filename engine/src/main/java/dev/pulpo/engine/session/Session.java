package dev.pulpo.engine.session;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.HeldWord;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Pause;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.borrow.Injection;
import dev.pulpo.engine.borrow.InjectionWarmup;
import dev.pulpo.engine.borrow.NamedFile;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.borrow.ThreadBorrower;
import dev.pulpo.engine.borrow.ThreadLoan;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.flight.BorrowEvent;
import dev.pulpo.engine.flight.Flight;
import dev.pulpo.engine.plan.ProcessRefusals;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.MessageRing;
import dev.pulpo.engine.target.Interruption;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.engine.target.TargetLock;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.Stub;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * One operation on one process. Holds the lock that keeps other tools away, and the tracer thread. {@link #close}
 * returns both. Not thread-safe.
 */
public final class Session implements AutoCloseable {
    /** Least time for a borrowed call, even after the deadline. A call usually takes less than a millisecond. */
    private static final long LEAST_CALL_NANOS = 1_000_000_000L;

    private final Tracee tracee;
    private final long deadline;
    private final long waited;
    private final Runnable warmup;
    private final TargetLock lock;
    private final Interruption interruption = Interruption.current();
    /** Whether what is done must be completed, or undone, now. */
    private volatile boolean completing;
    private final PatchLedger ledger = new PatchLedger(this);
    private TracerThread tracer;
    private ProcessImage image;
    private Duration borrowed = Duration.ZERO;
    private long longestStop;
    private Duration longestLoan = Duration.ZERO;
    private final StackTables stackTables;
    private Optional<CfiMap> tables = Optional.empty();
    private final List<HeldWord> held = new ArrayList<>();
    private boolean injected;
    private boolean suspendSeccomp;

    private Session(Tracee tracee, Optional<ProcessImage> seen, long deadline, long waited, Runnable warmup,
            TargetLock lock) {
        this.tracee = tracee;
        this.deadline = deadline + waited;
        this.waited = waited;
        this.warmup = warmup;
        this.lock = lock;
        // A memory with a map identifies its process. Without one, /proc is asked.
        this.image = seen.filter(known -> memory().hasMap()).map(known -> known.again(memory()))
                .orElseGet(() -> ProcessImage.read(pid(), memory()));
        this.stackTables = new StackTables(memory());
        this.tracer = TracerThread.lease(pid());
    }

    /**
     * Takes the lock and looks at the process. While another operation holds the lock this one waits, up to its own timeout;
     * then its deadline moves by that.
     *
     * @param deadline for borrowed threads, on the scale of {@link System#nanoTime}
     * @param warmup   waits until this JVM is ready for the first stop
     * @throws RefusedException where another tool still holds the lock
     */
    public static Session open(Tracee tracee, long deadline, Runnable warmup) {
        return open(tracee, Optional.empty(), deadline, warmup);
    }

    /**
     * As {@link #open(Tracee, long, Runnable)}.
     *
     * @param seen the image of the same process, read a moment ago
     */
    @SuppressWarnings("try") // the phase is there to be closed
    public static Session open(Tracee tracee, Optional<ProcessImage> seen, long deadline, Runnable warmup) {
        long began = System.nanoTime();
        long patience = tracee.waits().longest().map(Duration::toNanos).orElse(Math.max(0, deadline - began));
        TargetLock lock;
        try (Tracee.Span waiting = tracee.phase(Phase.WAIT)) {
            lock = TargetLock.await(tracee.pid(), patience, Interruption.current(), tracee.waits().told());
        }
        try {
            Session session = new Session(tracee, seen, deadline, System.nanoTime() - began, warmup, lock);
            session.checkIdentity();
            return session;
        } catch (RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    /**
     * To be called between stops.
     *
     * @throws dev.pulpo.engine.OperationInterruptedException where the caller wants the operation to end
     */
    public void checkInterrupted() {
        if (!completing) {
            interruption.check(pid());
        }
    }

    /** From here on the operation is completed, or undone, even if its caller wants it to end. */
    public void complete() {
        completing = true;
    }

    /** Waits between stops; less if the caller wants the operation to end. */
    public void pause(long nanos) {
        if (completing) {
            LockSupport.parkNanos(nanos);
        } else {
            interruption.pause(nanos);
        }
    }

    private void checkIdentity() {
        if (image.startTime() != tracee.startTime()) {
            throw new TargetGoneException(pid(), "its id has been given to another process");
        }
    }

    /**
     * Suspends the seccomp filters of borrowed threads while they are borrowed. The kernel restores them if the tool
     * dies.
     */
    public void suspendSeccomp() {
        suspendSeccomp = true;
    }

    /** Tells the operation's listener how it goes on. Not to be called in a stop. */
    public void tell(Consumer<OperationListener> what) {
        tracee.tell(what);
    }

    public int pid() {
        return tracee.pid();
    }

    public TraceeMemory memory() {
        return tracee.memory();
    }

    public PatchLedger ledger() {
        return ledger;
    }

    /** How long it waited for other operations, in nanoseconds; its deadlines move by that. */
    public long waited() {
        return waited;
    }

    /** The end of the operation's time, on the scale of {@link System#nanoTime}. */
    public long deadline() {
        return deadline;
    }

    public ProcessImage image() {
        return image;
    }

    /**
     * The object with this path in the current image.
     *
     * @throws TargetUnreadableException where it has been unmapped
     */
    public LoadedObject object(String path) {
        return image.named(path).stream().findFirst()
                .orElseThrow(() -> new TargetUnreadableException(pid(), path + " is not mapped any more"));
    }

    /**
     * Whether a record's site is executable code. A record can name any address: its library may have been unloaded, or
     * the process may have forged it. Only code gets bytes back.
     */
    public boolean isCode(FunctionRecord function) {
        return image.map().find(function.site()).filter(mapping -> mapping.isExecutable()
                && function.site().plus(function.original().length).compareTo(mapping.end()) <= 0).isPresent();
    }

    /** The memory map, read now. */
    public MemoryMap mapNow() {
        return MemoryMap.read(pid(), image.tid(), memory());
    }

    /**
     * Reads the image of the process again.
     *
     * @throws TargetGoneException where it has ended
     */
    public ProcessImage refreshImage() {
        tables = Optional.empty();
        image = image.again(memory());
        if (!memory().hasMap() && !lock.isOfAProcess()) {
            throw new TargetGoneException(pid(), "it has ended");
        }
        return image;
    }

    /** Tables to unwind stacks with, if they have been made. */
    public Optional<CfiMap> knownTables() {
        if (tables.isEmpty()) {
            tables = stackTables.ifKnown(image);
        }
        return tables;
    }

    /** Makes the tables to unwind stacks with, from the objects that are loaded now. */
    public CfiMap makeTables() {
        CfiMap made = stackTables.of(refreshImage());
        tables = Optional.of(made);
        return made;
    }

    /**
     * Proves frames of code without call frame information that stacks have met since, and renews the tables where a
     * proof succeeds.
     *
     * @return whether it did
     */
    public boolean learnsFrames() {
        boolean learns = stackTables.learn(image);
        if (learns) {
            tables = Optional.of(stackTables.of(image));
        }
        return learns;
    }

    public boolean injected() {
        return injected;
    }

    /** Notes what keeps patches loaded. */
    public void hold(List<HeldWord> words) {
        held.addAll(words);
    }

    /** What keeps these patches loaded. */
    public List<HeldWord> held(List<PatchId> ids) {
        return held.stream().filter(word -> ids.contains(word.patch())).distinct().toList();
    }

    /** How long threads were borrowed so far, all loans together. */
    public Duration borrowed() {
        return borrowed;
    }

    /** The longest stop of one thread so far, loans excluded. */
    public Duration longestStop() {
        return Duration.ofNanos(Math.max(longestStop, tracer.pauses().longestStop()));
    }

    /** The longest time so far that one thread was stopped or borrowed. */
    public Duration pause() {
        return longer(longestStop(), longestLoan);
    }

    private static Duration longer(Duration one, Duration other) {
        return one.compareTo(other) >= 0 ? one : other;
    }

    /** Runs work on the tracer thread. After a failure no thread of the process is traced any more. */
    public <T> T onTracer(TracerThread.Work<T> work) {
        try {
            T result = tracer.call(work);
            tellPauses();
            return result;
        } catch (RuntimeException | Error failed) {
            // The end of the tracer thread releases what the work has not released. That must not wait until the
            // operation ends.
            renewTracer();
            throw failed;
        }
    }

    private void tellPauses() {
        if (tracee.isListenedTo()) {
            List<Pause> pauses = tracer.pauses().take();
            if (!pauses.isEmpty()) {
                tell(listener -> listener.paused(pid(), pauses));
            }
        } else {
            tracer.pauses().drop();
        }
    }

    /** Notes that a phase begins; closing it ends the phase. */
    public Tracee.Span phase(Phase phase) {
        return tracee.phase(phase);
    }

    /** Ends the tracer thread, which releases threads that could not be detached, and starts another. */
    public void renewTracer() {
        tellPauses();
        tracer.close();
        longestStop = longestStop().toNanos();
        tracer = TracerThread.lease(pid());
    }

    public void ensureStub() {
        if (image.stub().isEmpty()) {
            inject();
        }
    }

    @SuppressWarnings("try") // the phase is there to be closed
    private void inject() {
        List<Refusal> refusals = ProcessRefusals.of(image);
        if (!refusals.isEmpty()) {
            throw new RefusedException(pid(), refusals);
        }
        Path stub = StubFile.path();
        ProcessImage before = image;
        Injection.Places places = Injection.Places.of(before);
        NamedFile named = NamedFile.of(before, stub, stub);
        try (Tracee.Span injecting = phase(Phase.INJECT)) {
            InjectionWarmup.await();
            onBorrowed(ThreadBorrower.FrameOn.THREAD_STACK, deadline, loan -> {
                new Injection(places, before, loan, memory(), deadline).load(named);
                return true;
            });
        }
        if (refreshImage().loadedFor(StubLayout.SYMBOL, ByteSource.of(Stub.bytes())).isEmpty()) {
            throw image.stub().isEmpty()
                    ? new TargetUnreadableException(pid(), "the stub was loaded and cannot be found")
                    : new RefusedException(pid(), new Refusal.OtherFileLoaded(RawText.of(stub)));
        }
        injected = true;
        message("stub injected from " + stub);
    }

    /** The address of the stub's state. @throws TargetUnreadableException where the process has lost its stub */
    RemoteAddress stub() {
        return image.stub().orElseThrow(
                () -> new TargetUnreadableException(pid(), "the stub has vanished from the process"));
    }

    /** Calls functions of the stub on a borrowed thread, until the deadline. */
    public <T> T borrowing(Function<StubCalls, T> work) {
        return borrowing(deadline, work);
    }

    /**
     * As {@link #borrowing(Function)}.
     *
     * @param until a later deadline, for undoing work after the operation's deadline
     */
    public <T> T borrowing(long until, Function<StubCalls, T> work) {
        StubState stub = StubState.read(pid(), memory(), stub()).usableIn(image);
        return onBorrowed(ThreadBorrower.FrameOn.STUB_STACK, until, loan -> {
            long end = Math.max(until, System.nanoTime() + LEAST_CALL_NANOS);
            return work.apply(new StubCalls(loan, memory(), stub, end));
        });
    }

    /** Borrows a thread, runs work on it, and returns it. */
    @SuppressWarnings("try") // the phase is there to be closed
    private <T> T onBorrowed(ThreadBorrower.FrameOn frameOn, long deadline, Function<ThreadLoan, T> work) {
        try (Tracee.Span rehearsing = phase(Phase.REHEARSAL)) {
            warmup.run();
        }
        ProcessImage current = image;
        BorrowEvent event = Flight.isOn() ? new BorrowEvent() : null;
        Lent<T> lent = onTracer(tools -> {
            ThreadLoan loan = borrow(current, tools, frameOn, deadline);
            T result;
            try (loan) {
                result = work.apply(loan);
            }
            borrowed = borrowed.plus(loan.duration());
            longestLoan = longer(longestLoan, loan.duration());
            if (event != null) {
                event.ended(pid(), loan.tid(), loan.duration());
            }
            return new Lent<>(result, tools.hasUnreleased());
        });
        if (lent.hasUnreleased) {
            renewTracer();
        }
        return lent.result;
    }

    @SuppressWarnings("MustBeClosed") // the caller closes the loan
    private ThreadLoan borrow(ProcessImage from, TracerThread.Tools tools, ThreadBorrower.FrameOn frameOn,
            long deadline) {
        // The tracer thread outlives this memory.
        try (Arena arena = Arena.ofConfined()) {
            return new ThreadBorrower(from, tools, memory(), suspendSeccomp, stackTables, this::checkInterrupted, arena)
                    .borrow(frameOn, deadline);
        }
    }

    /** The result of a loan, and whether threads are still seized. */
    private record Lent<T>(T result, boolean hasUnreleased) {}

    /**
     * Adds a line to the target's message log. A damaged log is ignored: the line repeats what is reported elsewhere,
     * and no operation may fail because of it.
     */
    public void message(String text) {
        image.stub().ifPresent(stub -> {
            try {
                MessageRing.append(memory(), StubState.read(pid(), memory(), stub), text);
            } catch (TargetUnreadableException damaged) {
                // Operations that need the state of the stub report the damage.
            }
        });
    }

    /** The functions' names, separated by commas, for people. */
    public static String names(Iterable<PlannedFunction> functions) {
        StringBuilder names = new StringBuilder();
        functions.forEach(function -> names.append(names.isEmpty() ? "" : ", ").append(function.function()));
        return names.toString();
    }

    @Override
    public void close() {
        try {
            tracer.dismiss();
        } finally {
            lock.close();
        }
    }
}
