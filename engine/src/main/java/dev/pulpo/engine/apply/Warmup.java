package dev.pulpo.engine.apply;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.image.CodeRanges;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;

/**
 * The first stop of a fresh JVM takes milliseconds: classes are loaded and calls linked. So everything that a stop uses is
 * run beforehand, on a child that exists for nothing else, while the target still runs.
 */
public final class Warmup {
    private static final int ROUNDS = 30;

    private Warmup() {}

    /** Runs once in a JVM, in the background; begun when this class is first used. */
    private static final CompletableFuture<Void> DONE = CompletableFuture.runAsync(Warmup::run,
            task -> Thread.ofPlatform().daemon().name("pulpo-warm-up").start(task));

    /** Begins the warm-up, if it has not begun. */
    public static void begin() {
        DONE.isDone();
    }

    /** Waits until it is over. Where it failed, the first stop is slower and nothing else. */
    static void await() {
        DONE.handle((done, failure) -> failure == null).join();
    }

    private static void run() {
        // cat ends when its input does, so it does not outlive a JVM that is killed now.
        try (LaunchedProcess child = new Launcher("cat").start();
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
        }
    }
}
