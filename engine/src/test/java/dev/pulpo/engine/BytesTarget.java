package dev.pulpo.engine;

import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/** The memory of a process that is none: bytes at addresses. What is not there cannot be read, as in a process. */
public final class BytesTarget implements TargetMemory {
    private final NavigableMap<Long, byte[]> regions = new TreeMap<>(Long::compareUnsigned);

    /** Puts bytes at an address, which must lie apart from others. Returns this. */
    public BytesTarget put(long address, byte[] bytes) {
        regions.put(address, bytes);
        return this;
    }

    /** Changes eight bytes. */
    public void putLong(long address, long value) {
        writeLongs(new RemoteAddress(address), value);
    }

    @Override
    public void read(RemoteAddress from, MemorySegment into) {
        if (readSome(from, into) < into.byteSize()) {
            throw new SystemCallException("read of " + into.byteSize() + " bytes at " + from, Errno.EIO);
        }
    }

    @Override
    public long readSome(long from, MemorySegment into) {
        long done = 0;
        while (done < into.byteSize()) {
            Map.Entry<Long, byte[]> region = regions.floorEntry(from + done);
            long offset = region == null ? 0 : from + done - region.getKey();
            if (region == null || Long.compareUnsigned(offset, region.getValue().length) >= 0) {
                break;
            }
            int count = (int) Math.min(into.byteSize() - done, region.getValue().length - offset);
            MemorySegment.copy(region.getValue(), (int) offset, into, ValueLayout.JAVA_BYTE, done, count);
            done += count;
        }
        return done;
    }

    @Override
    public void write(RemoteAddress to, MemorySegment from) {
        Map.Entry<Long, byte[]> region = regions.floorEntry(to.value());
        long offset = region == null ? 0 : to.value() - region.getKey();
        if (region == null || Long.compareUnsigned(offset, region.getValue().length) >= 0
                || from.byteSize() > region.getValue().length - offset) {
            throw new SystemCallException("write of " + from.byteSize() + " bytes to " + to, Errno.EIO);
        }
        MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, region.getValue(), (int) offset, (int) from.byteSize());
    }
}
