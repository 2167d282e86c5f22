package dev.pulpo.engine.transition;

import dev.pulpo.engine.session.ThreadWord;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.ScatteredRead;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Reads and writes the thread words of stopped threads. Allocates nothing after construction. Not thread-safe. */
final class ThreadMarks {
    /** No mark: the initial value. */
    static final int NONE = 0;

    private static final int BATCH = 1024;
    private static final int POINTERS = 3 * Long.BYTES;

    private final TraceeMemory memory;
    private final int offset;
    private final MemorySegment word;
    private final ScatteredRead words;
    private final int[] indexes = new int[BATCH];

    /** Receives words. */
    interface Reader {
        /**
         * Receives the word of one thread.
         *
         * @param stop  the stop of the thread
         * @param index of the thread in the stop
         * @param mark  its word
         * @param whole whether the thread has a control block of the C library; otherwise {@code mark} is meaningless
         * @return whether to continue
         */
        boolean take(ProcessStop stop, int index, int mark, boolean whole);
    }

    ThreadMarks(TraceeMemory memory, ThreadWord word, Arena arena) {
        this.memory = memory;
        this.offset = word.offset();
        this.word = arena.allocate(ValueLayout.JAVA_INT);
        this.words = new ScatteredRead(BATCH * (POINTERS + Long.BYTES), arena);
    }

    /** Reads the words of all stopped threads, with few system calls. */
    void readAll(ProcessStop stop, Reader reader) {
        words.clear();
        int threads = 0;
        int last = stop.size() - 1;
        for (int i = 0; i <= last; i++) {
            if (stop.isStopped(i)) {
                long threadPointer = stop.registers(i).fsBase();
                words.add(threadPointer, POINTERS);
                // The word's distance need not be a multiple of eight, and the bytes after it need not be mapped.
                words.add(threadPointer + (offset & -Long.BYTES), Long.BYTES);
                indexes[threads++] = i;
            }
            if (threads > 0 && (i == last || threads == BATCH / 2)) {
                words.read(stop.tid(indexes[0]));
                for (int j = 0; j < threads; j++) {
                    if (!reader.take(stop, indexes[j], mark(j), isWhole(stop, j))) {
                        return;
                    }
                }
                words.clear();
                threads = 0;
            }
        }
    }

    private int mark(int index) {
        return words.isComplete(2 * index + 1)
                ? words.bytes().get(ValueLayout.JAVA_INT, words.offset(2 * index + 1) + (offset & Long.BYTES - 1))
                : NONE;
    }

    /**
     * The thread pointer points to its own value (ELF Handling For Thread-Local Storage, 3.4.6), and glibc stores it in the
     * third word, too. A thread that was made without the C library need not have either, and then has no thread word.
     */
    private boolean isWhole(ProcessStop stop, int index) {
        long threadPointer = stop.registers(indexes[index]).fsBase();
        long at = words.offset(2 * index);
        return words.isComplete(2 * index) && words.isComplete(2 * index + 1)
                && words.bytes().get(ValueLayout.JAVA_LONG, at) == threadPointer
                && words.bytes().get(ValueLayout.JAVA_LONG, at + 2 * Long.BYTES) == threadPointer;
    }

    int read(long threadPointer) {
        return memory.readSome(threadPointer + offset, word) == Integer.BYTES
                ? word.get(ValueLayout.JAVA_INT, 0)
                : NONE;
    }

    void write(int tid, long threadPointer, int mark) {
        word.set(ValueLayout.JAVA_INT, 0, mark);
        int error = memory.tryWrite(threadPointer + offset, word);
        if (error != 0 && error != Errno.ESRCH) {
            throw new SystemCallException("write of the word of thread " + tid, error);
        }
    }
}
