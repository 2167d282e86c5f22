package dev.pulpo.engine.registry;

import dev.pulpo.elf.RawText;
import dev.pulpo.elf.VisibleText;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;

/**
 * The message log in the target: lines of UTF-8, each {@code time message}. New lines overwrite the oldest. The log outlives
 * the tools that wrote it, and {@code fork} copies it. No decision depends on it: a log that the process has damaged cannot
 * be read, and lines for it are dropped.
 */
public final class MessageRing {
    private MessageRing() {}

    /**
     * The messages, oldest first.
     *
     * @throws TargetUnreadableException where the stub's state describes an impossible log
     */
    public static List<String> read(int pid, TargetMemory memory, StubState stub) {
        byte[] ring = ring(pid, memory, stub);
        // The number of bytes ever written; unsigned, since the process may have changed it.
        long written = stub.ring().written();
        boolean wrapped = Long.compareUnsigned(written, ring.length) > 0;
        int end = wrapped ? (int) Long.remainderUnsigned(written, ring.length) : (int) written;
        byte[] bytes = new byte[wrapped ? ring.length : end];
        System.arraycopy(ring, end, bytes, 0, bytes.length - end);
        System.arraycopy(ring, 0, bytes, bytes.length - end, end);
        String text = RawText.decodeLines(bytes);
        // After wrapping, the first line lacks its beginning.
        String whole = wrapped ? text.substring(text.indexOf('\n') + 1) : text;
        return whole.lines().toList();
    }

    private static byte[] ring(int pid, TargetMemory memory, StubState stub) {
        String place = "the message log of its stub, at " + stub.ring().start() + " and of "
                + Long.toUnsignedString(stub.ring().size()) + " bytes, ";
        if (!stub.ring().exists()) {
            throw new TargetUnreadableException(pid, place + "makes no sense: something has written over the state at "
                    + stub.address());
        }
        try {
            return memory.bytes(stub.ring().start(), (int) stub.ring().size());
        } catch (SystemCallException unreadable) {
            if (unreadable.errno() == Errno.ESRCH) {
                throw unreadable;
            }
            throw new TargetUnreadableException(pid, place + "cannot be read", unreadable);
        }
    }

    /**
     * Adds a message with the time. Invisible characters are escaped, so that a name cannot begin a new line. A message
     * longer than half of the log is cut. The caller holds the {@link dev.pulpo.ffm.ProcessLock}.
     *
     * @param stub its present state
     * @return false where the log is damaged or unmapped
     */
    public static boolean append(TargetMemory memory, StubState stub, String message) {
        if (!stub.ring().exists()) {
            return false;
        }
        byte[] bytes = line(message, (int) stub.ring().size() / 2);
        long written = stub.ring().written();
        long at = Long.remainderUnsigned(written, stub.ring().size());
        int fits = (int) Math.min(bytes.length, stub.ring().size() - at);
        try {
            memory.write(stub.ring().start().plus(at), Arrays.copyOf(bytes, fits));
            if (fits < bytes.length) {
                memory.write(stub.ring().start(), Arrays.copyOfRange(bytes, fits, bytes.length));
            }
            memory.writeLongs(stub.field(StubLayout.RING_WRITTEN), written + bytes.length);
            return true;
        } catch (SystemCallException unwritable) {
            if (unwritable.errno() == Errno.ESRCH) {
                throw unwritable;
            }
            return false;
        }
    }

    /** A whole line, cut between characters. */
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
