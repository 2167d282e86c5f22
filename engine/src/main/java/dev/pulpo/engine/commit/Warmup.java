package dev.pulpo.engine.commit;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.borrow.NamedFile;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.borrow.ThreadBorrower;
import dev.pulpo.engine.borrow.ThreadLoan;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.engine.trace.Rehearsal;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.Stub;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.LongStream;

/**
 * The first stop of a fresh JVM takes milliseconds: classes are loaded and calls linked. So everything that a stop uses
 * runs beforehand on a child process, while the target still runs: stops of all threads, and the loan of one.
 */
public final class Warmup {
    private static final int ROUNDS = 30;
    private static final int LOANS = 5;
    private static final long TIMEOUT_NANOS = 1_000_000_000L;

    private Warmup() {}

    /** Runs once in a JVM, in the background, from the first use of this class. */
    private static final Rehearsal REHEARSAL = new Rehearsal("pulpo-warm-up", Warmup::launcher, Warmup::stop);

    /** Starts the warm-up unless it has started. Returns a task that waits for its end. */
    public static Runnable begin() {
        return REHEARSAL::await;
    }

    /** Waits for the end of the warm-up. */
    static void await() {
        REHEARSAL.await();
    }

    private static void stop(TracerThread tracer, TraceeMemory memory, ProcessImage child) {
        RemoteAddress somewhere = child.objects().getFirst().start();
        CodeRanges nowhere = CodeRanges
                .of(List.of(new CodeRanges.Range(new RemoteAddress(16), new RemoteAddress(17),
                        "nowhere")));
        tracer.call(tools -> {
            for (int i = 0; i < ROUNDS; i++) {
                try (Arena arena = Arena.ofConfined()) {
                    byte[] same = memory.bytes(somewhere, 16);
                    Commit commit = new Commit(child, tools, memory, arena,
                            List.of(Change.ofCode("nothing", somewhere, same, same)), LongStream.empty(),
                            new Commit.Conditions(nowhere, Optional.empty(), Consistency.Level.NONE,
                                    PauseBudget.unlimited(), false),
                            StopCondition.NO_THREAD_INSIDE);
                    commit.journal().touch();
                    commit.run(System.nanoTime() + 1_000_000_000L);
                }
            }
            return true;
        });
        if (child.stub().isPresent()) {
            tracer.call(tools -> borrow(child, tools, memory));
        }
    }

    private static Launcher launcher() {
        try {
            return LiveProcess.launcher(List.of("cat"));
        } catch (UncheckedIOException unwritable) {
            // Without the stub file the warm-up borrows no thread. Operations that need the file report the failure.
            return new Launcher("cat");
        }
    }

    /** Borrows a thread, and loads on it the already loaded stub. */
    private static boolean borrow(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory) {
        StubState stub = StubState.read(image.pid(), memory, image.stub().orElseThrow());
        Path file = StubFile.path();
        NamedFile loaded = NamedFile.of(image, file, file);
        long deadline = System.nanoTime() + TIMEOUT_NANOS;
        for (int i = 0; i < LOANS; i++) {
            try (Arena arena = Arena.ofConfined();
                    ThreadLoan loan = new ThreadBorrower(image, tools, memory, false,
                            new StackTables(memory), () -> {}, arena)
                            .borrow(ThreadBorrower.FrameOn.STUB_STACK, deadline)) {
                StubCalls calls = new StubCalls(loan, memory, stub, deadline);
                if (calls.load(loaded,
                        ByteSource.of(Stub.bytes())) instanceof StubCalls.LoadResult.Loaded again) {
                    calls.unload(again.handle());
                }
            }
        }
        return true;
    }
}
