package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.TooLargeException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The budget of one query. Entries may share other entries, lists and texts, so the size of a file does not limit the
 * work. Not thread-safe; {@link #fork} makes a budget for another thread.
 */
final class Work {
    /** The cost of an object that is kept: it takes some hundred bytes, and an entry takes none. */
    static final int KEPT = 64;
    /** The cost of an element of the index, which is two numbers. */
    static final int INDEXED = 16;

    private static final int CHUNK = 4096;

    private final String source;
    private final long most;
    private final AtomicLong shared;
    private long left;

    Work(String source, ReadLimits limits) {
        this(source, limits.debugWork(), new AtomicLong(limits.debugWork()));
    }

    private Work(String source, long most, AtomicLong shared) {
        this.source = source;
        this.most = most;
        this.shared = shared;
    }

    /** A part of the same budget, for another thread. */
    Work fork() {
        return new Work(source, most, shared);
    }

    /** Returns what a part has reserved and not used. */
    void end() {
        shared.addAndGet(left);
        left = 0;
    }

    /** Counts some steps. */
    void spend(long steps) {
        left -= steps;
        if (left < 0) {
            long taken = CHUNK - left;
            if (shared.addAndGet(-taken) < 0) {
                throw new TooLargeException(source, 0, "debug information that takes more steps", most);
            }
            left += taken;
        }
    }

    /** Counts a text that has been read. */
    String text(String read) {
        spend(read.length() / 16);
        return read;
    }
}
