package dev.pulpo.engine.borrow;

import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/**
 * The first injection of a JVM loads classes and links calls while a thread of the target is borrowed, which takes tens of
 * milliseconds. So the first ones are made into a child process, while the target still runs.
 */
public final class InjectionWarmup {
    private static final int ROUNDS = 4;
    private static final long TIMEOUT_NANOS = 1_000_000_000L;

    /** Runs once in a JVM, in the background, from the first use of this class. */
    private static final CompletableFuture<Void> DONE = CompletableFuture.runAsync(InjectionWarmup::run,
            task -> Thread.ofPlatform().daemon().name("pulpo-injection-warm-up").start(task));

    private InjectionWarmup() {}

    /** Starts it unless it has started. */
    public static void begin() {
        DONE.isDone();
    }

    /** Waits for its end. If it failed, the first injection is slower; nothing else changes. */
    public static void await() {
        DONE.handle((done, failure) -> failure == null).join();
    }

    private static void run() {
        try (OwnChild child = OwnChild.startCat(new Launcher("cat"));
                TracerThread tracer = new TracerThread(child.pid());
                TraceeMemory memory = TraceeMemory.open(child.pid(), child.pid())) {
            Path stub = StubFile.path();
            ProcessImage image = ProcessImage.read(child.pid(), memory);
            Injection.Places places = Injection.Places.of(image);
            tracer.call(tools -> {
                for (int i = 0; i < ROUNDS; i++) {
                    long deadline = System.nanoTime() + TIMEOUT_NANOS;
                    try (Arena arena = Arena.ofConfined();
                            ThreadLoan loan = new ThreadBorrower(image, tools, memory, false, new StackTables(memory),
                                    () -> {}, arena).borrow(ThreadBorrower.FrameOn.THREAD_STACK, deadline)) {
                        new Injection(places, image, loan, memory, deadline).load(stub);
                    }
                }
                return true;
            });
        } catch (IOException e) {
            throw new UncheckedIOException("the pipes of a process that has just been started", e);
        }
    }
}
