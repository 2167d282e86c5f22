package dev.pulpo.engine.image;

import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What code a stopped thread is in or will return to, found by looking at every word of its live stack. The answer is
 * conservative: a word that an earlier call has left behind counts, and a stack that may not be all of it is no answer.
 * Not thread-safe: scans share a buffer.
 */
public final class StackScan {
    /** Bytes below the stack pointer that a function may use without moving it (psABI 3.2.2). */
    public static final int RED_ZONE = 128;

    private static final int CHUNK = 256 * 1024;

    private final ProcessImage image;
    private final TraceeMemory memory;
    private final MemorySegment buffer;
    private final CodeRanges code;
    private final List<LoadedObject> owners;

    /** What a scan came to. */
    public sealed interface Result {
        /** The thread is not in any of the code that was asked for. */
        record Clear() implements Result {}

        /** The thread is in it, or may be. */
        record Found(RemoteAddress address, String what) implements Result {}

        /** Nothing can be said. */
        record Unknown(String reason) implements Result {}
    }

    private static final Result CLEAR = new Result.Clear();

    public StackScan(ProcessImage image, TraceeMemory memory, Arena arena) {
        this.image = image;
        this.memory = memory;
        buffer = arena.allocate(CHUNK, 8);
        List<CodeRanges.Range> ranges = new ArrayList<>();
        for (LoadedObject object : image.objects()) {
            for (Mapping mapping : object.mappings()) {
                if (mapping.isExecutable()) {
                    ranges.add(new CodeRanges.Range(mapping.start(), mapping.end(), object.path()));
                }
            }
        }
        code = CodeRanges.of(ranges);
        // Mappings of objects do not overlap and ascend, so ranges and owners have the same order.
        owners = image.objects().stream()
                .flatMap(object -> object.mappings().stream().filter(Mapping::isExecutable).map(mapping -> object))
                .toList();
    }

    /**
     * Scans a thread.
     *
     * @param zones what is looked for
     */
    public Result scan(int tid, Registers registers, CodeRanges zones) {
        return scan(tid, registers.rip(), registers.rsp(), registers.fsBase(), zones);
    }

    /** As {@link #scan(int, Registers, CodeRanges)}, with the registers that matter. */
    public Result scan(int tid, long rip, long rsp, long fsBase, CodeRanges zones) {
        int here = zones.find(rip);
        if (here >= 0) {
            return new Result.Found(new RemoteAddress(rip), zones.name(here));
        }
        RemoteAddress stackPointer = new RemoteAddress(rsp);
        Optional<Mapping> mapping = image.map().find(stackPointer);
        if (mapping.isEmpty()) {
            mapping = MemoryMap.read(image.pid(), image.tid()).find(stackPointer);
        }
        if (mapping.isEmpty()) {
            return new Result.Unknown("its stack pointer " + stackPointer + " is in no mapping");
        }
        boolean main = tid == image.pid() && mapping.get().path().equals("[stack]");
        // glibc puts a thread's control block at the end of its stack; another stack is a signal's or a coroutine's.
        boolean own = mapping.get().contains(new RemoteAddress(fsBase)) && Long.compareUnsigned(rsp, fsBase) < 0;
        if (!main && !own) {
            return new Result.Unknown("it runs on a stack that is not its own (" + stackPointer + ")");
        }
        return scanWords(rsp & -8, own ? fsBase : mapping.get().end().value(), zones);
    }

    private Result scanWords(long start, long end, CodeRanges zones) {
        for (long at = start; at < end;) {
            long length = Math.min(CHUNK, end - at) & -8;
            if (length == 0) {
                break;
            }
            MemorySegment words = buffer.asSlice(0, length);
            if (memory.readSome(new RemoteAddress(at), words) < length) {
                return new Result.Unknown("its stack cannot be read at 0x" + Long.toHexString(at));
            }
            for (long i = 0; i < length; i += 8) {
                long word = words.get(ValueLayout.JAVA_LONG, i);
                int range = code.find(word);
                if (range >= 0) {
                    Result result = judge(word, owners.get(range), zones);
                    if (!(result instanceof Result.Clear)) {
                        return result;
                    }
                }
            }
            at += length;
        }
        return CLEAR;
    }

    /** A word that points into code: a return address, where a signal handler goes, or neither. */
    private static Result judge(long word, LoadedObject owner, CodeRanges zones) {
        RemoteAddress address = new RemoteAddress(word);
        if (CodeText.isSignalReturn(owner, address)) {
            return new Result.Unknown("it is in a signal handler");
        }
        int zone = zones.find(word);
        if (zone >= 0 && CodeText.followsCall(owner, address)) {
            return new Result.Found(address, zones.name(zone));
        }
        return CLEAR;
    }
}
