package dev.pulpo.engine.target;

import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.NavigableMap;
import java.util.TreeMap;

/** A process's memory with corrections, for planning. Writes nothing. Not thread-safe. */
public final class CorrectedMemory implements TargetMemory {
    private final TargetMemory memory;
    private final NavigableMap<Long, byte[]> corrections = new TreeMap<>();

    public CorrectedMemory(TargetMemory memory) {
        this.memory = memory;
    }

    /** Adds corrected bytes. Corrections must not overlap. */
    public void add(RemoteAddress address, byte[] bytes) {
        corrections.put(address.value(), bytes);
    }

    @Override
    public void read(RemoteAddress from, MemorySegment into) {
        memory.read(from, into);
        correct(from.value(), into, into.byteSize());
    }

    @Override
    public long readSome(long from, MemorySegment into) {
        long length = memory.readSome(from, into);
        correct(from, into, length);
        return length;
    }

    private void correct(long from, MemorySegment into, long length) {
        corrections.headMap(from + length, false).forEach((address, bytes) -> {
            for (int i = 0; i < bytes.length; i++) {
                long at = address + i - from;
                if (at >= 0 && at < length) {
                    into.set(ValueLayout.JAVA_BYTE, at, bytes[i]);
                }
            }
        });
    }

    /** @throws UnsupportedOperationException always */
    @Override
    public void write(RemoteAddress to, MemorySegment from) {
        throw new UnsupportedOperationException("memory as it will be cannot be written, at " + to);
    }
}
