package dev.pulpo.ffm;

import static dev.pulpo.ffm.NativeCalls.syscall;

import dev.pulpo.ffm.raw.Linux;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * A file of {@code /proc/PID/task/TID}, read for one thread after the other. Reading allocates nothing. Not thread-safe.
 */
final class ThreadFile {
    private static final int BYTES = 8 * 1024;
    /** Room for two numbers and the text between them. */
    private static final int PATH_BYTES = 64;
    private static final byte[] PROCESS = "/proc/".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TASK = "/task/".getBytes(StandardCharsets.US_ASCII);

    private final byte[] name;
    private final MemorySegment path;
    private final MemorySegment text;
    private int length;
    private int end;

    /** @param name the file, without a slash */
    ThreadFile(String name, Arena arena) {
        this.name = ("/" + name + "\0").getBytes(StandardCharsets.US_ASCII);
        path = arena.allocate(PATH_BYTES + this.name.length);
        text = arena.allocate(BYTES);
    }

    /** Reads the file of one thread. False if it does not exist, or may not be read. */
    boolean read(int pid, int tid) {
        length = 0;
        end = 0;
        append(PROCESS);
        append(pid);
        append(TASK);
        append(tid);
        append(name);
        long file = syscall(Linux.SYS_open(), path.address(), Linux.O_RDONLY() | Linux.O_CLOEXEC(), 0);
        if (NativeCalls.isError(file)) {
            return false;
        }
        long bytes = syscall(Linux.SYS_read(), file, text.address(), BYTES);
        syscall(Linux.SYS_close(), file, 0, 0);
        length = NativeCalls.isError(bytes) ? 0 : (int) bytes;
        return length > 0;
    }

    private void append(byte[] word) {
        MemorySegment.copy(word, 0, path, ValueLayout.JAVA_BYTE, end, word.length);
        end += word.length;
    }

    private void append(int number) {
        int digits = 1;
        for (int rest = number / 10; rest > 0; rest /= 10) {
            digits++;
        }
        int rest = number;
        for (int i = digits - 1; i >= 0; i--) {
            path.set(ValueLayout.JAVA_BYTE, end + (long) i, (byte) ('0' + rest % 10));
            rest /= 10;
        }
        end += digits;
    }

    /** How many bytes were read. */
    int length() {
        return length;
    }

    /** A byte of the file; 0 after the last. */
    byte at(int index) {
        return index < length ? text.get(ValueLayout.JAVA_BYTE, index) : 0;
    }

    /** The index after the next {@code separator} at or after {@code from}; {@link #length} if there is none. */
    int after(char separator, int from) {
        int at = from;
        while (at < length && at(at) != separator) {
            at++;
        }
        return Math.min(at + 1, length);
    }

    /** The number in decimal digits at {@code from}, after any spaces; skips a decimal point. */
    long decimal(int from) {
        int at = from;
        while (at(at) == ' ') {
            at++;
        }
        long value = 0;
        for (byte digit = at(at); digit >= '0' && digit <= '9' || digit == '.'; digit = at(++at)) {
            if (digit != '.') {
                value = value * 10 + digit - '0';
            }
        }
        return value;
    }

    /** The number in hexadecimal digits after the {@code 0x} at {@code from}. */
    long hexadecimal(int from) {
        long value = 0;
        int at = from + 2;
        for (int digit = Character.digit(at(at), 16); digit >= 0; digit = Character.digit(at(++at), 16)) {
            value = value << 4 | digit;
        }
        return value;
    }

    /** Whether these bytes are at {@code from}. */
    boolean startsWith(byte[] word, int from) {
        for (int i = 0; i < word.length; i++) {
            if (at(from + i) != word[i]) {
                return false;
            }
        }
        return true;
    }
}
