package dev.pulpo.engine.trace;

import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.TraceeMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What is done for the first time in a JVM takes milliseconds: classes are loaded and calls linked. So it is done beforehand
 * to a child process, while the target still runs. Begins when it is made, in the background. Thread-safe.
 */
public final class Rehearsal {
    /** What is rehearsed. */
    @FunctionalInterface
    public interface Act {
        /** Does it to the child. */
        void perform(TracerThread tracer, TraceeMemory memory, ProcessImage child);
    }

    private final CompletableFuture<Void> done;

    /**
     * Begins.
     *
     * @param name     of the thread
     * @param launcher of {@code cat}
     */
    public Rehearsal(String name, Supplier<Launcher> launcher, Act act) {
        done = CompletableFuture.runAsync(() -> run(launcher, act),
                task -> Thread.ofPlatform().daemon().name(name).start(task));
    }

    /** Waits for its end. If it failed, the first time is slower; nothing else changes. */
    public void await() {
        done.handle((nothing, failure) -> failure == null).join();
    }

    private static void run(Supplier<Launcher> launcher, Act act) {
        try (OwnChild child = OwnChild.startCat(launcher.get());
                TracerThread tracer = TracerThread.forRehearsal(child.pid());
                TraceeMemory memory = TraceeMemory.open(child.pid(), child.pid())) {
            act.perform(tracer, memory, ProcessImage.read(child.pid(), memory));
        } catch (IOException e) {
            throw new UncheckedIOException("the pipes of a process that has just been started", e);
        }
    }
}
