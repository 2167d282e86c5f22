package dev.pulpo.engine.inspect;

import dev.pulpo.elf.expression.DwarfRegisters;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Registers and memory of a thread at one instant. Requests for memory that was not captured are recorded, so that the next
 * capture can include it. Not thread-safe.
 */
final class Snapshot {
    private final long[] registers;
    private final int[] known;
    private final long[] frameAddresses;
    private final byte[] vectors;
    private final long threadBase;
    private final List<Memory> memory;
    private final List<Range> missed = new ArrayList<>();
    private final List<Range> tried;

    /** A range of remote memory, in bytes. */
    record Range(long start, int length) {}

    /** Captured memory: the readable part of a range. */
    static final class Memory {
        private final long start;
        private final byte[] bytes;

        Memory(long start, byte[] bytes) {
            this.start = start;
            this.bytes = bytes;
        }

        private boolean copy(long address, byte[] into) {
            long offset = address - start;
            boolean holds = offset >= 0 && offset <= bytes.length - into.length;
            if (holds) {
                System.arraycopy(bytes, (int) offset, into, 0, into.length);
            }
            return holds;
        }
    }

    /** @param tried ranges that were requested besides the stack, captured or not */
    Snapshot(long[] registers, int[] known, long[] frameAddresses, byte[] vectors, long threadBase, List<Memory> memory,
            List<Range> tried) {
        this.registers = registers;
        this.known = known;
        this.frameAddresses = frameAddresses;
        this.vectors = vectors;
        this.threadBase = threadBase;
        this.memory = List.copyOf(memory);
        this.tried = List.copyOf(tried);
    }

    /** The thread pointer: the base address of fs. */
    long threadBase() {
        return threadBase;
    }

    /** The bytes of a register in a frame. Vector registers only in the innermost: outer frames' values are lost. */
    Optional<byte[]> register(int frame, int number) {
        if (frame == 0 && number >= DwarfRegisters.XMM0 && number < DwarfRegisters.XMM0 + DwarfRegisters.VECTORS) {
            int start = (number - DwarfRegisters.XMM0) * DwarfRegisters.VECTOR_BYTES;
            return Optional.of(Arrays.copyOfRange(vectors, start, start + DwarfRegisters.VECTOR_BYTES));
        }
        if (number < 0 || number >= DwarfRegisters.COUNT || (known[frame] >>> number & 1) == 0) {
            return Optional.empty();
        }
        return Optional.of(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(registers[frame * DwarfRegisters.COUNT + number]).array());
    }

    /** The CFA of a frame. */
    OptionalLong frameAddress(int frame) {
        return frameAddresses[frame] == 0 ? OptionalLong.empty() : OptionalLong.of(frameAddresses[frame]);
    }

    /** Copies memory into {@code into}; false where not all of it was captured. */
    boolean read(long address, byte[] into) {
        for (Memory each : memory) {
            if (each.copy(address, into)) {
                return true;
            }
        }
        Range range = new Range(address, into.length);
        if (!tried.contains(range) && !missed.contains(range)) {
            missed.add(range);
        }
        return false;
    }

    /** Whether memory was requested before. */
    boolean wasTried(long address) {
        return tried.stream().anyMatch(range -> address >= range.start() && address - range.start() < range.length());
    }

    /** New requests. */
    List<Range> missed() {
        return List.copyOf(missed);
    }

    /** All requests. */
    List<Range> wanted() {
        List<Range> all = new ArrayList<>(tried);
        all.addAll(missed);
        return all;
    }
}
