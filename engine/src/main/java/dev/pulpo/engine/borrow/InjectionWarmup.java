package dev.pulpo.engine.borrow;

import dev.pulpo.engine.StubFile;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.Rehearsal;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.nio.file.Path;

/** The first injections of a JVM are made into a child process. */
public final class InjectionWarmup {
    private static final int ROUNDS = 4;
    private static final long TIMEOUT_NANOS = 1_000_000_000L;

    private static final Rehearsal REHEARSAL = new Rehearsal("pulpo-injection-warm-up", () -> new Launcher("cat"),
            InjectionWarmup::inject);

    private InjectionWarmup() {}

    /** Runs it once in a JVM, and waits for its end. */
    public static void await() {
        REHEARSAL.await();
    }

    private static void inject(TracerThread tracer, TraceeMemory memory, ProcessImage child) {
        Path file = StubFile.path();
        NamedFile stub = NamedFile.of(child, file, file);
        Injection.Places places = Injection.Places.of(child);
        tracer.call(tools -> {
            for (int i = 0; i < ROUNDS; i++) {
                long deadline = System.nanoTime() + TIMEOUT_NANOS;
                try (Arena arena = Arena.ofConfined();
                        ThreadLoan loan = new ThreadBorrower(child, tools, memory, false, new StackTables(memory),
                                () -> {}, arena).borrow(ThreadBorrower.FrameOn.THREAD_STACK, deadline)) {
                    new Injection(places, child, loan, memory, deadline).load(stub);
                }
            }
            return true;
        });
    }
}
