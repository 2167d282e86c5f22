package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.image.UnwindTables;
import dev.pulpo.engine.stack.StackTables;
import dev.pulpo.engine.trace.Exclusion;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.LaunchedProcess;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** Reads the stacks of a process: everything that can be prepared is, before the first thread is stopped. */
public final class StackOperation {
    private static final int WARM_UP_ROUNDS = 20;

    private StackOperation() {}

    /** The first stop of a JVM would take milliseconds, for classes and code, so the first are those of a child. */
    private static final CompletableFuture<Void> WARM = CompletableFuture.runAsync(StackOperation::warmUp);

    private static void warmUp() {
        // cat ends when its input does, so it does not outlive a JVM that is killed now.
        try (LaunchedProcess child = new Launcher("cat").start();
                TraceeMemory memory = TraceeMemory.open(child.pid(), child.pid())) {
            ProcessImage image = ProcessImage.read(child.pid(), memory);
            CfiMap tables = new StackTables(memory).of(image);
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                read(image, memory, tables);
            }
        }
    }

    /** The stacks of all threads. */
    public static List<ThreadStack> run(ProcessImage image, TraceeMemory memory, KnownCode code) {
        StackTables tables = new StackTables(memory);
        CfiMap known = tables.of(image);
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        // Where it failed, the first stop is slower and nothing else.
        WARM.handle((done, failure) -> failure == null).join();
        List<StackReader.RawStack> stacks;
        ProcessLock lock = Exclusion.of(image.pid());
        try {
            stacks = read(image, memory, known);
            // What stands in their way is found out by reading them.
            while (tables.learn(image)) {
                stacks = read(image, memory, tables.of(image));
            }
        } finally {
            lock.close();
        }
        return stacks.stream().map(stack -> code.name(image, vdso, stack)).toList();
    }

    private static List<StackReader.RawStack> read(ProcessImage image, TraceeMemory memory, CfiMap tables) {
        try (TracerThread tracer = new TracerThread(image.pid()); Arena arena = Arena.ofShared()) {
            return tracer.call(tools -> new StackReader(image.pid(), tools, tables, memory, arena).readAll());
        }
    }
}
