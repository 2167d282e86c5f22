package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.image.UnwindTables;
import dev.pulpo.engine.trace.Exclusion;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.ProcessLock;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Optional;

/** Reads the stacks of a process: everything that can be prepared is, before the first thread is stopped. */
public final class StackOperation {
    private StackOperation() {}

    /** The stacks of all threads. */
    public static List<ThreadStack> run(ProcessImage image, TraceeMemory memory, KnownCode code) {
        CfiMap tables = UnwindTables.of(image, memory);
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        List<StackReader.RawStack> stacks;
        ProcessLock lock = Exclusion.of(image.pid());
        try (TracerThread tracer = new TracerThread(image.pid()); Arena arena = Arena.ofShared()) {
            stacks = tracer.call(tools -> new StackReader(image.pid(), tools, tables, memory, arena).readAll());
        } finally {
            lock.close();
        }
        return stacks.stream().map(stack -> code.name(image, vdso, stack)).toList();
    }
}
