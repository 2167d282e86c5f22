package dev.pulpo.engine.target;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.RemoteAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Parses the lines of a {@code maps} file (proc_pid_maps(5)) while they are read. The process decides how many there are,
 * and how long the names of mapped files are. So each name is stored once, and there are limits.
 */
final class MapReader implements ProcFile.LineReader {
    /** The default limit of the kernel is 65,530 (vm.max_map_count); databases raise it. */
    private static final int MOST_MAPPINGS = 1_000_000;
    /** Limit of all distinct names together, in characters. */
    private static final int MOST_NAMES = 16 << 20;

    private static final byte[] DELETED = " (deleted)".getBytes(StandardCharsets.US_ASCII);

    private static final String LINE_FEED = RawText.asData("\n");

    private final int pid;
    private final List<Mapping> mappings = new ArrayList<>();
    /** Permissions, devices and names, each stored once. */
    private final Map<String, String> words = new HashMap<>();
    private byte[] lastName = new byte[0];
    private String lastPath = "";
    private int names;
    private int at;

    MapReader(int pid) {
        this.pid = pid;
    }

    List<Mapping> mappings() {
        return List.copyOf(mappings);
    }

    private TargetUnreadableException tooMany(String what) {
        return new TargetUnreadableException(pid,
                "too large to be read: it has " + what + "; it can be patched when it has fewer mappings");
    }

    /** {@code START-END PERMISSIONS OFFSET MAJOR:MINOR INODE NAME}; numbers are hexadecimal except the inode. */
    @Override
    public boolean take(byte[] bytes, int from, int to) {
        if (mappings.size() == MOST_MAPPINGS) {
            throw tooMany("more than " + MOST_MAPPINGS + " mappings");
        }
        if (Thread.currentThread().isInterrupted()) {
            throw new OperationInterruptedException(pid);
        }
        at = from;
        RemoteAddress start = new RemoteAddress(number(bytes, to, 16));
        RemoteAddress end = new RemoteAddress(number(bytes, to, 16));
        String permissions = word(bytes, to);
        long offset = number(bytes, to, 16);
        String device = word(bytes, to);
        long inode = number(bytes, to, 10);
        while (at < to && bytes[at] == ' ') {
            at++;
        }
        boolean deleted = to - at >= DELETED.length
                && Arrays.equals(bytes, to - DELETED.length, to, DELETED, 0, DELETED.length);
        mappings.add(new Mapping(start, end, permissions, offset, device, inode,
                path(bytes, at, deleted ? to - DELETED.length : to), deleted));
        return true;
    }

    /** Reads a number and skips the character after it. */
    private long number(byte[] bytes, int to, int radix) {
        long value = 0;
        int digit;
        while (at < to && (digit = Character.digit(bytes[at], radix)) >= 0) {
            value = value * radix + digit;
            at++;
        }
        at++;
        return value;
    }

    private String word(byte[] bytes, int to) {
        int from = at;
        while (at < to && bytes[at] != ' ') {
            at++;
        }
        return shared(new String(bytes, from, at++ - from, StandardCharsets.US_ASCII));
    }

    private String path(byte[] bytes, int from, int to) {
        if (from >= to) {
            return "";
        }
        // Mappings of one file usually follow each other.
        if (!Arrays.equals(bytes, from, to, lastName, 0, lastName.length)) {
            lastName = Arrays.copyOfRange(bytes, from, to);
            // The kernel writes a line feed in a name as \012 and nothing else specially (fs/seq_file.c, mangle_path).
            lastPath = shared(RawText.decode(lastName).replace("\\012", LINE_FEED));
        }
        return lastPath;
    }

    private String shared(String word) {
        String known = words.putIfAbsent(word, word);
        if (known == null) {
            names += word.length();
            if (names > MOST_NAMES) {
                throw tooMany("files mapped whose names have more than " + (MOST_NAMES >> 20) + " MiB");
            }
        }
        return known == null ? word : known;
    }
}
