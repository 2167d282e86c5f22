package dev.pulpo.engine.registry;

import dev.pulpo.elf.RawText;
import dev.pulpo.elf.VisibleText;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.trace.StubState;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/**
 * The log in the target: lines of UTF-8, each {@code time message}. When it is full, the oldest give way. It survives the
 * tools that wrote it, and {@code fork}. Nothing depends on it: where the process has damaged it, it cannot be read, and what
 * would be added is left out.
 */
public final class MessageRing {
    private MessageRing() {}

    /**
     * The messages that are there, oldest first.
     *
     * @throws TargetUnreadableException where the state of the stub names a place for them that cannot be
     */
    public static List<String> read(int pid, TargetMemory memory, StubState stub) {
        byte[] ring = ring(pid, memory, stub);
        // A number that only grows; unsigned, whatever it is.
        long written = stub.ringWritten();
        boolean wentRound = Long.compareUnsigned(written, ring.length) > 0;
        int end = wentRound ? (int) Long.remainderUnsigned(written, ring.length) : (int) written;
        byte[] bytes = new byte[wentRound ? ring.length : end];
        System.arraycopy(ring, end, bytes, 0, bytes.length - end);
        System.arraycopy(ring, 0, bytes, bytes.length - end, end);
        String text = RawText.decodeLines(bytes);
        // The first line has lost its beginning once the ring has gone round.
        String whole = wentRound ? text.substring(text.indexOf('\n') + 1) : text;
        return whole.lines().toList();
    }

    private static byte[] ring(int pid, TargetMemory memory, StubState stub) {
        String place = "the message log of its stub, at " + stub.ring() + " and of "
                + Long.toUnsignedString(stub.ringSize()) + " bytes, ";
        if (!stub.hasRing()) {
            throw new TargetUnreadableException(pid, place + "makes no sense: something has written over the state at "
                    + stub.address());
        }
        try {
            return memory.bytes(stub.ring(), (int) stub.ringSize());
        } catch (SystemCallException unreadable) {
            if (unreadable.errno() == Errno.ESRCH) {
                throw unreadable;
            }
            throw new TargetUnreadableException(pid, place + "cannot be read", unreadable);
        }
    }

    /**
     * Adds a message, with the time. Names in it cannot begin another line: what is not visible becomes an escape. To be
     * called under the {@link dev.pulpo.ffm.ProcessLock}. A message that is longer than half of the log is cut.
     *
     * @param stub as it is now
     * @return whether it was added; not where the log makes no sense, or is no memory
     */
    public static boolean append(TargetMemory memory, StubState stub, String message) {
        if (!stub.hasRing()) {
            return false;
        }
        byte[] bytes = line(message, (int) stub.ringSize() / 2);
        long written = stub.ringWritten();
        long at = Long.remainderUnsigned(written, stub.ringSize());
        int fits = (int) Math.min(bytes.length, stub.ringSize() - at);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes);
            memory.write(stub.ring().plus(at), all.asSlice(0, fits));
            if (fits < bytes.length) {
                memory.write(stub.ring(), all.asSlice(fits));
            }
            memory.write(stub.field(StubLayout.RING_WRITTEN),
                    arena.allocateFrom(ValueLayout.JAVA_LONG, written + bytes.length));
            return true;
        } catch (SystemCallException unwritable) {
            if (unwritable.errno() == Errno.ESRCH) {
                throw unwritable;
            }
            return false;
        }
    }

    /** A whole line; where it is cut, not within a character. */
    private static byte[] line(String message, int most) {
        byte[] bytes = RawText.encode(Instant.now().truncatedTo(ChronoUnit.MILLIS) + " "
                + VisibleText.of(message.replace('\n', ' ')));
        int length = Math.min(bytes.length, most - 1);
        while (length > 0 && length < bytes.length && (bytes[length] & 0xc0) == 0x80) {
            length--;
        }
        byte[] line = new byte[Math.max(length, 0) + 1];
        System.arraycopy(bytes, 0, line, 0, line.length - 1);
        line[line.length - 1] = '\n';
        return line;
    }
}
