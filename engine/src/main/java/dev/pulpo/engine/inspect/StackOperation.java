package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.image.UnwindTables;
import dev.pulpo.engine.stack.StackTables;
import dev.pulpo.engine.trace.Exclusion;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Reads the stacks of a process: everything that can be prepared is, before the first thread is stopped. */
public final class StackOperation {
    private static final int WARM_UP_ROUNDS = 20;
    /** What a pointer in a structure behind a pointer leads to takes three. */
    private static final int MOST_ROUNDS = 4;

    /** The first stop of a JVM would take milliseconds, for classes and code, so the first are those of a child. */
    private static final CompletableFuture<Void> WARM = CompletableFuture.runAsync(StackOperation::warmUp);

    private static void warmUp() {
        // cat ends when its input does, so it does not outlive a JVM that is killed now.
        try (OwnChild child = OwnChild.start(new Launcher("cat"));
                TraceeMemory memory = TraceeMemory.open(child.pid(), child.pid())) {
            ProcessImage image = ProcessImage.read(child.pid(), memory);
            CfiMap tables = new StackTables(memory).of(image);
            for (int i = 0; i < WARM_UP_ROUNDS; i++) {
                read(image, memory, tables);
            }
        }
    }

    private final ProcessImage image;
    private final TraceeMemory memory;
    private final KnownCode code;

    public StackOperation(ProcessImage image, TraceeMemory memory, KnownCode code) {
        this.image = image;
        this.memory = memory;
        this.code = code;
    }

    /** The stacks of all threads. */
    public List<ThreadStack> run() {
        StackTables tables = tables();
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        return exclusively(() -> readAll(tables)).stream()
                .map(stack -> code.name(image, vdso, stack)).toList();
    }

    /**
     * The stacks of all threads with the values of variables. What lies on the stack is taken in the first stop of a thread;
     * that more is needed is seen when the debug information is read, while the thread runs again, so it is taken in
     * another one, with the stack once more.
     */
    public List<ThreadStack> runWithLocals() {
        StackTables tables = tables();
        ThreadLocals threadLocals = ThreadLocals.of(image, memory);
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        Map<Integer, ThreadStack> known = new LinkedHashMap<>();
        Map<Integer, Duration> stopped = new HashMap<>();
        Map<Integer, List<Snapshot.Range>> wanted = new LinkedHashMap<>();
        ProcFs.liveThreads(image.pid()).forEach(tid -> wanted.put(tid, List.of()));
        for (int round = 0; round < MOST_ROUNDS && !wanted.isEmpty(); round++) {
            Map<Integer, List<Snapshot.Range>> now = new LinkedHashMap<>(wanted);
            // Threads that have ended meanwhile do not come again.
            wanted.keySet().forEach(known::remove);
            wanted.clear();
            List<StackReader.RawStack> stacks = exclusively(() -> readWithLocals(tables.of(image), now));
            boolean learnt = tables.learn(image);
            for (StackReader.RawStack stack : stacks) {
                ThreadStack named = code.name(image, vdso, stack, threadLocals);
                known.put(stack.tid(), named
                        .stoppedFor(stopped.merge(stack.tid(), stack.stopped(), Duration::plus)));
                stack.snapshot().filter(snapshot -> learnt || !snapshot.missed().isEmpty())
                        .ifPresent(snapshot -> wanted.put(stack.tid(), snapshot.wanted()));
            }
        }
        return List.copyOf(known.values());
    }

    private StackTables tables() {
        StackTables tables = new StackTables(memory);
        tables.of(image);
        // Where it failed, the first stop is slower and nothing else.
        WARM.handle((done, failure) -> failure == null).join();
        return tables;
    }

    private <T> T exclusively(Supplier<T> work) {
        ProcessLock lock = Exclusion.of(image.pid());
        try {
            return work.get();
        } finally {
            lock.close();
        }
    }

    /** What stands in the way of following stacks is found out by reading them. */
    private List<StackReader.RawStack> readAll(StackTables tables) {
        List<StackReader.RawStack> stacks;
        do {
            stacks = read(image, memory, tables.of(image));
        } while (tables.learn(image));
        return stacks;
    }

    private static List<StackReader.RawStack> read(ProcessImage image, TraceeMemory memory, CfiMap tables) {
        try (TracerThread tracer = new TracerThread(image.pid()); Arena arena = Arena.ofShared()) {
            return tracer.call(tools -> new StackReader(image.pid(), tools, tables, memory, arena, null).readAll());
        }
    }

    private List<StackReader.RawStack> readWithLocals(CfiMap tables, Map<Integer, List<Snapshot.Range>> wanted) {
        try (TracerThread tracer = new TracerThread(image.pid()); Arena arena = Arena.ofShared()) {
            Capture capture = new Capture(memory, arena, StackReader.MOST_FRAMES);
            return tracer.call(tools -> {
                StackReader reader = new StackReader(image.pid(), tools, tables, memory, arena, capture);
                return wanted.entrySet().stream()
                        .flatMap(each -> reader.read(each.getKey(), each.getValue()).stream()).toList();
            });
        }
    }
}
