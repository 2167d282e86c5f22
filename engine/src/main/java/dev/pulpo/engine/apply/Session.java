package dev.pulpo.engine.apply;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.MemoryMap;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.MessageRing;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.stack.StackTables;
import dev.pulpo.engine.trace.Exclusion;
import dev.pulpo.engine.trace.Injection;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.engine.trace.ThreadBorrower;
import dev.pulpo.engine.trace.ThreadLoan;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.Stub;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * One operation on one process: holds the lock that keeps other tools away, and the tracer thread, and gives both back.
 */
final class Session implements AutoCloseable {
    /** What a borrowed call gets where less is left until the deadline: it takes less than a millisecond as a rule. */
    private static final long LEAST_CALL_NANOS = 1_000_000_000L;

    private final int pid;
    private final long startTime;
    private final TraceeMemory memory;
    private final ProcessLock lock;
    private TracerThread tracer;
    private ProcessImage image;
    private Duration borrowed = Duration.ZERO;
    private long longestStop;
    private final StackTables stackTables;
    private Optional<CfiMap> tables = Optional.empty();
    private boolean injected;
    private boolean suspendSeccomp;

    private Session(int pid, long startTime, TraceeMemory memory, Optional<ProcessImage> seen, ProcessLock lock) {
        this.pid = pid;
        this.startTime = startTime;
        this.memory = memory;
        this.lock = lock;
        // A memory with a map is proof of which process it is; without one it has to be asked for.
        this.image = seen.filter(known -> memory.hasMap()).map(known -> known.again(memory))
                .orElseGet(() -> ProcessImage.read(pid, memory));
        this.stackTables = new StackTables(memory);
        this.tracer = TracerThread.lease(pid);
    }

    /**
     * Takes the lock and looks at the process.
     *
     * @param startTime of the process that is meant
     * @throws RefusedException where another tool is at work on it
     */
    static Session open(int pid, long startTime, TraceeMemory memory) {
        return open(pid, startTime, memory, Optional.empty());
    }

    /**
     * As {@link #open(int, long, TraceeMemory)}.
     *
     * @param seen what the same process was made of a moment ago
     */
    static Session open(int pid, long startTime, TraceeMemory memory, Optional<ProcessImage> seen) {
        Warmup.begin();
        ProcessLock lock = Exclusion.of(pid);
        try {
            Session session = new Session(pid, startTime, memory, seen, lock);
            session.checkIdentity();
            return session;
        } catch (RuntimeException failed) {
            lock.close();
            throw failed;
        }
    }

    private void checkIdentity() {
        if (image.startTime() != startTime) {
            throw new TargetGoneException(pid, "its id has been given to another process");
        }
    }

    /** Makes the filters of borrowed threads do nothing while they are borrowed; where the tool dies, they do again. */
    void suspendSeccomp() {
        suspendSeccomp = true;
    }

    int pid() {
        return pid;
    }

    TraceeMemory memory() {
        return memory;
    }

    ProcessImage image() {
        return image;
    }

    /** The object that a plan is for, in the process as it was looked at last. */
    LoadedObject object(String path) {
        return image.named(path).stream().findFirst()
                .orElseThrow(() -> new TargetUnreadableException(pid, path + " is not mapped any more"));
    }

    /**
     * Whether a record of a function names a place where there is code. It may name any: a library that was closed, or what
     * the process has made up. Nothing is given back to a place that is not executed.
     */
    boolean isCode(FunctionRecord function) {
        return image.map().find(function.site()).filter(mapping -> mapping.isExecutable()
                && function.site().plus(function.original().length).compareTo(mapping.end()) <= 0).isPresent();
    }

    /** What is mapped at this moment. */
    MemoryMap mapNow() {
        return MemoryMap.read(pid, image.tid(), memory);
    }

    /** Looks at the process again. */
    ProcessImage refreshImage() {
        tables = Optional.empty();
        image = image.again(memory);
        if (!memory.hasMap() && !lock.isOfAProcess()) {
            throw new TargetGoneException(pid, "it has ended");
        }
        return image;
    }

    /** What stacks are followed with, if it has been needed so far. */
    Optional<CfiMap> knownTables() {
        if (tables.isEmpty()) {
            tables = stackTables.ifKnown(image);
        }
        return tables;
    }

    /** Makes what stacks are followed with, from the objects that the process has now. */
    CfiMap makeTables() {
        CfiMap made = stackTables.of(refreshImage());
        tables = Optional.of(made);
        return made;
    }

    /** Makes them anew where something was proven of code without call frame information that stacks have led to since. */
    boolean learnsFrames() {
        boolean learns = stackTables.learn(image);
        if (learns) {
            tables = Optional.of(stackTables.of(image));
        }
        return learns;
    }

    boolean injected() {
        return injected;
    }

    /** For how long threads have been away from their work so far, all borrowings together. */
    Duration borrowed() {
        return borrowed;
    }

    /** The longest that one thread was stopped so far, borrowing aside. */
    Duration longestStop() {
        return Duration.ofNanos(Math.max(longestStop, tracer.longestStop().nanos()));
    }

    /** Has work done on the tracer thread. Where it fails, nothing of the process is traced any more afterwards. */
    <T> T onTracer(TracerThread.Work<T> work) {
        try {
            return tracer.call(work);
        } catch (RuntimeException | Error failed) {
            // Whatever it had not released the end of the tracer thread releases, and not only when the operation ends.
            renewTracer();
            throw failed;
        }
    }

    /** Ends the tracer thread, which gives back every thread that could not be detached, and starts another. */
    void renewTracer() {
        tracer.close();
        longestStop = longestStop().toNanos();
        tracer = TracerThread.lease(pid);
    }

    /** The registry; the stub is injected first where the process has none. */
    Registry registry(long deadline) {
        if (image.stub().isEmpty()) {
            inject(deadline);
        }
        return readRegistry();
    }

    Registry readRegistry() {
        return Registry.readLocked(pid, memory, image.stub().orElseThrow(
                () -> new TargetUnreadableException(pid, "the stub has vanished from the process")));
    }

    private void inject(long deadline) {
        Injection.libc(image);
        Path stub = StubFile.path();
        ProcessImage before = image;
        onBorrowed(ThreadBorrower.FrameOn.THREAD_STACK, deadline, loan -> {
            new Injection(before, loan, memory, deadline).load(stub);
            return true;
        });
        if (refreshImage().loadedFor(StubLayout.SYMBOL, ByteSource.of(Stub.bytes())).isEmpty()) {
            throw image.stub().isEmpty()
                    ? new TargetUnreadableException(pid, "the stub was loaded and cannot be found")
                    : new RefusedException(pid, new Refusal.OtherFileLoaded(RawText.of(stub)));
        }
        injected = true;
        message("stub injected from " + stub);
    }

    /** Makes calls of the stub on a borrowed thread. */
    <T> T borrowing(Registry registry, long deadline, Function<StubCalls, T> work) {
        StubState stub = registry.stub().usableIn(image);
        return onBorrowed(ThreadBorrower.FrameOn.STUB_STACK, deadline, loan -> {
            long end = Math.max(deadline, System.nanoTime() + LEAST_CALL_NANOS);
            return work.apply(new StubCalls(loan, memory, stub, end));
        });
    }

    /** Borrows a thread, has work done on it, and gives it back. */
    private <T> T onBorrowed(ThreadBorrower.FrameOn frameOn, long deadline, Function<ThreadLoan, T> work) {
        Warmup.await();
        ProcessImage current = image;
        Lent<T> lent = onTracer(tools -> {
            ThreadLoan loan = borrow(current, tools, frameOn, deadline);
            T result;
            try (loan) {
                result = work.apply(loan);
            }
            borrowed = borrowed.plus(loan.duration());
            return new Lent<>(result, tools.holdsOn());
        });
        if (lent.holdsOn) {
            renewTracer();
        }
        return lent.result;
    }

    @SuppressWarnings("MustBeClosed") // the loan is the caller's to give back
    private ThreadLoan borrow(ProcessImage from, TracerThread.Tools tools, ThreadBorrower.FrameOn frameOn,
            long deadline) {
        // Tracer threads live on; what is needed to choose a thread does not.
        try (Arena arena = Arena.ofConfined()) {
            return new ThreadBorrower(from, tools, memory, suspendSeccomp, stackTables, arena)
                    .borrow(frameOn, deadline);
        }
    }

    /** What a loan has yielded, and whether other threads have yet to be released. */
    private record Lent<T>(T result, boolean holdsOn) {}

    /**
     * Adds a line to the target's log. Where that is damaged the line is left out: it is a copy of what is reported anyway,
     * and nothing is to fail half way for its sake.
     */
    void message(String text) {
        image.stub().ifPresent(stub -> {
            try {
                MessageRing.append(memory, StubState.read(pid, memory, stub), text);
            } catch (TargetUnreadableException damaged) {
                // Whoever needs the state for more than that is told.
            }
        });
    }

    /** The place of a function's bytes, for people. */
    static String names(Iterable<PlannedFunction> functions) {
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
