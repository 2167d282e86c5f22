package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.UnwindEnd;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.StackFrame;
import dev.pulpo.engine.ThreadStack;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The stacks that are reported of a process, with what the reports leave out: the registers of every frame. */
public final class FrameProbe implements AutoCloseable {
    private final int pid;
    private final TraceeMemory memory;
    private final KnownCode code = new KnownCode();

    /**
     * A frame.
     *
     * @param pc        where it goes on
     * @param code      an address inside the instruction that it executes
     * @param function  its name, empty where that is not known
     * @param registers those that are known, by DWARF number
     */
    public record Frame(long pc, long code, boolean signal, String function, Map<Integer, Long> registers) {}

    /**
     * A stack.
     *
     * @param end        empty where the thread could not be looked at
     * @param incomplete why frames are missing, as reports say it; empty where none are
     */
    public record Stack(int tid, String name, List<Frame> frames, Optional<UnwindEnd> end, String incomplete) {}

    public FrameProbe(int pid) {
        this.pid = pid;
        memory = TraceeMemory.open(pid, pid);
    }

    /** The objects and the vDSO that it has loaded now. */
    public List<LoadedObject> objects() {
        ProcessImage image = ProcessImage.read(pid, memory);
        List<LoadedObject> all = new ArrayList<>(image.objects());
        UnwindTables.vdso(image, memory).ifPresent(all::add);
        return all;
    }

    public TraceeMemory memory() {
        return memory;
    }

    /**
     * The stacks of all threads. They are looked at more than once, and what the last look sees counts: a thread whose system
     * call the first stop had ended stands before the call since, which is to be repeated.
     */
    public List<Stack> stacks() {
        ProcessImage image = ProcessImage.read(pid, memory);
        Optional<LoadedObject> vdso = UnwindTables.vdso(image, memory);
        StackTables tables = new StackTables(memory);
        List<StackReader.RawStack> stacks;
        do {
            read(image, tables.of(image));
            stacks = read(image, tables.of(image));
        } while (tables.learn(image));
        return stacks.stream().map(stack -> named(stack, code.name(image, vdso, stack))).toList();
    }

    private List<StackReader.RawStack> read(ProcessImage image, CfiMap tables) {
        try (TracerThread tracer = new TracerThread(pid); Arena arena = Arena.ofShared()) {
            Capture capture = new Capture(memory, arena, StackReader.MOST_FRAMES);
            return tracer.call(tools -> new StackReader(image.pid(), tools, tables, memory, arena, capture).readAll());
        }
    }

    private static Stack named(StackReader.RawStack stack, ThreadStack named) {
        List<StackFrame> functions = named.frames().stream().filter(frame -> !frame.inlined()).toList();
        List<Frame> frames = new ArrayList<>();
        for (int i = 0; i < stack.frames().size(); i++) {
            StackReader.RawFrame raw = stack.frames().get(i);
            frames.add(new Frame(raw.pc().value(), raw.code().value(), raw.signal(), functions.get(i).function(),
                    registers(stack.snapshot().orElseThrow(), i)));
        }
        return new Stack(stack.tid(), stack.name(), frames, stack.end(), named.incomplete());
    }

    private static Map<Integer, Long> registers(Snapshot snapshot, int frame) {
        Map<Integer, Long> known = new TreeMap<>();
        for (int i = 0; i < DwarfRegisters.COUNT; i++) {
            int number = i;
            snapshot.register(frame, i).ifPresent(bytes -> known.put(number,
                    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong()));
        }
        return known;
    }

    /** The threads that it has now. */
    public List<Integer> threads() {
        return ProcFs.liveThreads(pid);
    }

    @Override
    public void close() {
        code.close();
        memory.close();
    }
}
