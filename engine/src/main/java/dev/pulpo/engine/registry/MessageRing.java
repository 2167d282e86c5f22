package dev.pulpo.engine.registry;

import dev.pulpo.elf.RawText;
import dev.pulpo.elf.VisibleText;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The log in the target: lines of UTF-8, each {@code time message}. When it is full, the oldest give way. It survives the
 * tools that wrote it, and {@code fork}.
 */
public final class MessageRing {
    private MessageRing() {}

    /** The messages that are there, oldest first. */
    public static List<String> read(TraceeMemory memory, StubState stub) {
        long size = stub.ringSize();
        long written = stub.ringWritten();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ring = arena.allocate(size);
            memory.read(stub.ring(), ring);
            long length = Math.min(size, written);
            byte[] bytes = new byte[(int) length];
            for (int i = 0; i < length; i++) {
                bytes[i] = ring.get(ValueLayout.JAVA_BYTE, (written - length + i) % size);
            }
            String text = RawText.decodeLines(bytes);
            // The first line has lost its beginning once the ring has gone round.
            String whole = written > size ? text.substring(text.indexOf('\n') + 1) : text;
            return whole.lines().toList();
        }
    }

    /**
     * Adds a message, with the time. Names in it cannot begin another line: what is not visible becomes an escape. To be called under the {@link dev.pulpo.ffm.ProcessLock}.
     *
     * @param stub as it is now
     */
    public static void append(TraceeMemory memory, StubState stub, String message) {
        String line = Instant.now().truncatedTo(ChronoUnit.MILLIS) + " " + VisibleText.of(message.replace('\n', ' '))
                + "\n";
        byte[] bytes = RawText.encode(line);
        long written = stub.ringWritten();
        long at = written % stub.ringSize();
        int fits = (int) Math.min(bytes.length, stub.ringSize() - at);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            memory.write(stub.ring().plus(at), all.asSlice(0, fits));
            if (fits < bytes.length) {
                memory.write(stub.ring(), all.asSlice(fits));
            }
            memory.write(stub.field(StubLayout.RING_WRITTEN),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, written + bytes.length));
        }
    }
}
