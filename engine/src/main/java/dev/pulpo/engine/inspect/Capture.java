package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.Unwinder;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.stack.StackCheck;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SignalFrame;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Captures the data for the values of variables while a thread is stopped: the registers of every frame, the stack, and
 * memory requested before. Allocates nothing for the first two. One thread at a time.
 */
final class Capture {
    /** Deeper parts of the stack must be requested like other memory. */
    private static final int STACK = 1 << 20;
    /** Assumed size of the outermost frame, whose end is unknown. */
    private static final int OUTERMOST = 512;

    private final TraceeMemory memory;
    private final MemorySegment stack;
    private final MemorySegment extended;
    private final long[] registers;
    private final int[] known;
    private final long[] frameAddresses;
    private long stackStart;
    private long stackLength;
    private long threadBase;
    private List<Snapshot.Range> wanted = List.of();
    private final List<Snapshot.Memory> found = new ArrayList<>();

    Capture(TraceeMemory memory, Arena arena, int mostFrames) {
        this.memory = memory;
        stack = arena.allocate(STACK, Long.BYTES);
        extended = arena.allocate(SignalFrame.XSTATE_MAX, 64);
        registers = new long[mostFrames * DwarfRegisters.COUNT];
        known = new int[mostFrames];
        frameAddresses = new long[mostFrames];
    }

    /** Requests memory of the next thread. */
    void want(List<Snapshot.Range> ranges) {
        wanted = ranges;
    }

    /** Captures the unwinder's present frame. */
    void frame(int number, Unwinder unwinder) {
        int mask = 0;
        for (int i = 0; i < DwarfRegisters.COUNT; i++) {
            if (unwinder.isKnown(i)) {
                mask |= 1 << i;
                registers[number * DwarfRegisters.COUNT + i] = unwinder.register(i);
            }
        }
        known[number] = mask;
        frameAddresses[number] = 0;
    }

    /** To be called when the unwinder has left a frame. */
    void left(int number, Unwinder unwinder) {
        frameAddresses[number] = unwinder.leftFrameAddress();
    }

    /** Reads the memory, after all frames. */
    void readMemory(int tid, Ptrace ptrace, Registers innermost, int frames) {
        threadBase = innermost.fsBase();
        stackStart = registers[DwarfRegisters.RSP] - StackCheck.RED_ZONE;
        long end = frames > 1 ? frameAddresses[frames - 2] + OUTERMOST : stackStart + StackCheck.RED_ZONE + OUTERMOST;
        long length = Math.clamp(end - stackStart, StackCheck.RED_ZONE + OUTERMOST, STACK);
        stackLength = memory.readSome(stackStart, stack.asSlice(0, length));
        ptrace.readExtendedState(tid, extended);
        found.clear();
        for (Snapshot.Range range : wanted) {
            byte[] bytes = new byte[range.length()];
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment into = arena.allocate(range.length());
                long read = memory.readSome(range.start(), into);
                MemorySegment.copy(into, ValueLayout.JAVA_BYTE, 0, bytes, 0, (int) read);
                found.add(new Snapshot.Memory(range.start(), read == bytes.length
                        ? bytes
                        : Arrays.copyOf(bytes, (int) read)));
            }
        }
    }

    /** The captured data, for use after the stop. */
    Snapshot snapshot(int frames) {
        byte[] vectors = extended.asSlice(SignalFrame.XSTATE_VECTORS,
                (long) DwarfRegisters.VECTOR_BYTES * DwarfRegisters.VECTORS)
                .toArray(ValueLayout.JAVA_BYTE);
        List<Snapshot.Memory> ranges = new ArrayList<>(found);
        ranges.add(new Snapshot.Memory(stackStart, stack.asSlice(0, stackLength).toArray(ValueLayout.JAVA_BYTE)));
        return new Snapshot(Arrays.copyOf(registers, frames * DwarfRegisters.COUNT), Arrays.copyOf(known, frames),
                Arrays.copyOf(frameAddresses, frames), vectors, threadBase, ranges, wanted);
    }
}
