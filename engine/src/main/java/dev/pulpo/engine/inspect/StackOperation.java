package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.dwarf.NoDataException;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.Interruption;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.TargetLock;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.engine.trace.ThreadStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.Launcher;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Reads the stacks of a process. All preparation is done before the first thread is stopped. */
public final class StackOperation {
    /** How long to wait for an operation on the process. */
    private static final long PATIENCE_NANOS = 5_000_000_000L;
    private static final int WARM_UP_ROUNDS = 20;
    /** A pointer in a structure behind a pointer takes three rounds. */
    private static final int MOST_ROUNDS = 4;

    /** The first stop in a JVM would take milliseconds, to load classes and code, so a child process is stopped first. */
    private static final CompletableFuture<Void> WARM = CompletableFuture.runAsync(StackOperation::warmUp);

    private static void warmUp() {
        // cat ends at the end of its input, so it does not outlive a killed JVM.
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
        StackTables tables = tables(image, memory);
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        return locked(image.pid(), () -> readAll(tables)).stream()
                .map(stack -> code.name(image, vdso, stack)).toList();
    }

    /**
     * The stacks of all threads with the values of variables. The first stop of a thread captures its stack. Reading the
     * debug information, while the thread runs, shows whether more memory is needed; another stop captures that, with the
     * stack again.
     */
    public List<ThreadStack> runWithLocals() {
        StackTables tables = tables(image, memory);
        ThreadLocalMemory threadLocals = ThreadLocalMemory.of(image, memory);
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        Map<Integer, ThreadStack> known = new LinkedHashMap<>();
        Map<Integer, Duration> stopped = new HashMap<>();
        Map<Integer, List<Snapshot.Range>> wanted = new LinkedHashMap<>();
        ProcFs.liveThreads(image.pid()).forEach(tid -> wanted.put(tid, List.of()));
        for (int round = 0; round < MOST_ROUNDS && !wanted.isEmpty(); round++) {
            Map<Integer, List<Snapshot.Range>> now = new LinkedHashMap<>(wanted);
            // Threads that have ended do not appear again.
            wanted.keySet().forEach(known::remove);
            wanted.clear();
            List<StackReader.RawStack> stacks = locked(image.pid(), () -> readWithLocals(tables.of(image), now));
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

    /**
     * The thread pointer of a thread: the base address of fs. Stops the thread for as long as it takes to read its registers.
     *
     * @throws NoDataException where there is no such thread, or it does not stop in time
     */
    public long threadPointer(int tid) {
        WARM.handle((done, failure) -> failure == null).join();
        return locked(image.pid(), () -> {
            long began = System.nanoTime();
            Pointer pointer;
            do {
                try (TracerThread tracer = new TracerThread(image.pid())) {
                    pointer = tracer.call(tools -> pointer(tid, tools));
                }
                // On a busy machine a thread may not run, and so not stop, for longer than one attempt takes.
            } while (pointer.value().isEmpty() && System.nanoTime() - began < PATIENCE_NANOS);
            String obstacle = pointer.obstacle();
            return pointer.value().orElseThrow(() -> new NoDataException("thread " + tid + ": " + obstacle));
        });
    }

    /** A thread pointer, or why it is not known. */
    private record Pointer(OptionalLong value, String obstacle) {}

    private Pointer pointer(int tid, TracerThread.Tools tools) {
        return switch (ThreadStop.of(image.pid(), tid, memory, tools)) {
            case ThreadStop.Attempt.Gone gone -> throw noThread(tid);
            case ThreadStop.Attempt.Late late -> new Pointer(OptionalLong.empty(), late.reason());
            case ThreadStop.Attempt.Stopped stopped -> {
                try (ThreadStop stop = stopped.stop()) {
                    if (!stop.readRegisters(tools.saved())) {
                        throw noThread(tid);
                    }
                }
                yield new Pointer(OptionalLong.of(tools.saved().fsBase()), "");
            }
        };
    }

    private NoDataException noThread(int tid) {
        return new NoDataException("process " + image.pid() + " has no thread " + tid);
    }

    /** The tables of a process. Waits until this JVM is ready for its first stop. */
    static StackTables tables(ProcessImage image, TraceeMemory memory) {
        StackTables tables = new StackTables(memory);
        tables.of(image);
        // If it failed, the first stop is slower; nothing else changes.
        WARM.handle((done, failure) -> failure == null).join();
        return tables;
    }

    /** Work that other tools wait for. */
    static <T> T locked(int pid, Supplier<T> work) {
        TargetLock lock = TargetLock.await(pid, PATIENCE_NANOS, Interruption.current(), words -> {});
        try {
            return work.get();
        } finally {
            lock.close();
        }
    }

    /** Reads stacks until no proof of frames can be added. */
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

    /** Reads the stacks of these threads, each within a budget of its own. */
    static List<StackReader.RawStack> read(ProcessImage image, TraceeMemory memory, CfiMap tables,
            Collection<Integer> tids, PauseBudget budget) {
        TracerThread tracer = TracerThread.lease(image.pid());
        try (Arena arena = Arena.ofShared()) {
            return tracer.call(tools -> {
                StackReader reader = new StackReader(image.pid(), tools, tables, memory, arena, null).within(budget);
                List<StackReader.RawStack> stacks = tids.stream().flatMap(tid -> reader.read(tid, List.of()).stream())
                        .toList();
                tools.pauses().drop();
                return stacks;
            });
        } finally {
            tracer.dismiss();
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
