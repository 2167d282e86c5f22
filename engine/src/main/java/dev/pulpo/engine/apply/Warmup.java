package dev.pulpo.engine.apply;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.LiveProcess;

import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.stack.StackTables;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.engine.trace.ThreadBorrower;
import dev.pulpo.engine.trace.ThreadLoan;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.Stub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;

/**
 * The first stop of a fresh JVM takes milliseconds: classes are loaded and calls linked. So everything that a stop uses is
 * run beforehand, on a child that exists for nothing else, while the target still runs: stops of all threads, and the
 * borrowing of one.
 */
public final class Warmup {
    private static final int ROUNDS = 30;
    private static final int LOANS = 5;
    private static final long PATIENCE_NANOS = 1_000_000_000L;

    private Warmup() {}

    /** Runs once in a JVM, in the background; begun when this class is first used. */
    private static final CompletableFuture<Void> DONE = CompletableFuture.runAsync(Warmup::run,
            task -> Thread.ofPlatform().daemon().name("pulpo-warm-up").start(task));

    /** Begins the warm-up, if it has not begun. */
    public static void begin() {
        DONE.isDone();
    }

    /** Waits until it is over. Where it failed, the first stops are slower and nothing else. */
    static void await() {
        DONE.handle((done, failure) -> failure == null).join();
    }

    private static void run() {
        try (OwnChild child = launch();
                TracerThread tracer = new TracerThread(child.pid());
                TraceeMemory memory = TraceeMemory.open(child.pid(), child.pid())) {
            ProcessImage image = ProcessImage.read(child.pid(), memory);
            RemoteAddress somewhere = image.objects().getFirst().start();
            CodeRanges nowhere = CodeRanges
                    .of(List.of(new CodeRanges.Range(new RemoteAddress(16), new RemoteAddress(17),
                            "nowhere")));
            tracer.call(tools -> {
                for (int i = 0; i < ROUNDS; i++) {
                    try (Arena arena = Arena.ofConfined()) {
                        byte[] same = Bytes.read(memory, somewhere, 16);
                        Commit commit = new Commit(image, tools, memory, arena,
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
            if (image.stub().isPresent()) {
                tracer.call(tools -> borrow(image, tools, memory));
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the pipes of a process that has just been started", e);
        }
    }

    /** A process that waits for input. It ends when its input does, so it does not outlive a JVM that is killed now. */
    private static OwnChild launch() throws IOException {
        OwnChild child = OwnChild.start(launcher());
        LaunchedProcess process = child.process();
        // Once it answers, it is out of the loader.
        process.input().orElseThrow().write('\n');
        process.input().orElseThrow().flush();
        if (process.output().orElseThrow().read() != '\n') {
            child.close();
            throw new IOException("cat does not answer");
        }
        return child;
    }

    private static Launcher launcher() {
        try {
            return LiveProcess.launcher(List.of("cat"));
        } catch (UncheckedIOException unwritable) {
            // Without the stub no thread is borrowed. Who needs it to be written will hear of it.
            return new Launcher("cat");
        }
    }

    /** Borrows a thread, which loads what it has loaded already. */
    private static boolean borrow(ProcessImage image, TracerThread.Tools tools, TraceeMemory memory) {
        StubState stub = StubState.read(image.pid(), memory, image.stub().orElseThrow());
        Path loaded = StubFile.path();
        long deadline = System.nanoTime() + PATIENCE_NANOS;
        for (int i = 0; i < LOANS; i++) {
            try (Arena arena = Arena.ofConfined();
                    ThreadLoan loan = new ThreadBorrower(image, tools, memory, false,
                            new StackTables(memory), arena)
                            .borrow(ThreadBorrower.FrameOn.STUB_STACK, deadline)) {
                StubCalls calls = new StubCalls(loan, memory, stub, deadline);
                if (calls.load(loaded, ByteSource.of(Stub.bytes()),
                        loaded) instanceof StubCalls.LoadResult.Loaded again) {
                    calls.unload(again.handle());
                }
            }
        }
        return true;
    }
}
