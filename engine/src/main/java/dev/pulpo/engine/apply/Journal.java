package dev.pulpo.engine.apply;

import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/**
 * The writes of one commit, laid out beforehand so that the stop only has to make them. What has been written can be taken
 * back. Text is written through the tracee's memory file, and where the kernel forbids that by PTRACE_POKEDATA.
 */
final class Journal {
    private final int pid;
    private final TraceeMemory memory;
    private final List<Change> changes;
    private final long[] sites;
    private final MemorySegment[] before;
    private final MemorySegment[] after;

    Journal(int pid, TraceeMemory memory, List<Change> changes, Arena arena) {
        this.pid = pid;
        this.memory = memory;
        this.changes = List.copyOf(changes);
        sites = changes.stream().mapToLong(change -> change.site().value()).toArray();
        before = changes.stream().map(change -> arena.allocateFrom(ValueLayout.JAVA_BYTE, change.before()))
                .toArray(MemorySegment[]::new);
        after = changes.stream().map(change -> arena.allocateFrom(ValueLayout.JAVA_BYTE, change.after()))
                .toArray(MemorySegment[]::new);
    }

    /**
     * Writes to every page what is there already, so that the process has private copies of the pages before it is
     * stopped, and it is known whether they can be written.
     */
    void touch() {
        for (int i = 0; i < sites.length; i++) {
            if (memory.tryWrite(sites[i], before[i]) != 0) {
                // The commit itself falls back to another way; here only time was to be gained.
                return;
            }
        }
    }

    /** Whether what must be there is there; the first change for which it is not, or null. */
    @org.jspecify.annotations.Nullable
    Change firstUnexpected() {
        return firstOther(Change::before);
    }

    /** The first change that has not arrived, or null. */
    @org.jspecify.annotations.Nullable
    Change firstMissing() {
        return firstOther(Change::after);
    }

    @org.jspecify.annotations.Nullable
    private Change firstOther(java.util.function.Function<Change, byte[]> wanted) {
        for (Change change : changes) {
            if (!Arrays.equals(read(change.site(), change.after().length), wanted.apply(change))) {
                return change;
            }
        }
        return null;
    }

    byte[] read(RemoteAddress site, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(length);
            memory.read(site, bytes);
            return bytes.toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * Makes all changes, within a stop. Where one fails, those before it are taken back.
     *
     * @param tid a stopped thread, for the other way of writing
     */
    void write(Ptrace ptrace, int tid) {
        for (int i = 0; i < sites.length; i++) {
            int error = writeOne(ptrace, tid, sites[i], after[i]);
            if (error != 0) {
                for (int j = i; j >= 0; j--) {
                    int undo = writeOne(ptrace, tid, sites[j], before[j]);
                    if (undo != 0 && j < i) {
                        throw new BorrowedCallException(pid, tid, "the bytes of " + changes.get(j).function()
                                + " could be changed and not changed back: " + Errno.name(undo));
                    }
                }
                throw new SystemCallException("write of " + after[i].byteSize() + " bytes to " + changes.get(i).site()
                        + ", the entry of " + changes.get(i).function() + " in process " + pid, error);
            }
        }
    }

    private int writeOne(Ptrace ptrace, int tid, long site, MemorySegment bytes) {
        int error = memory.tryWrite(site, bytes);
        return error == 0 ? 0 : poke(ptrace, tid, site, bytes);
    }

    /** Whole words, with what surrounds the bytes as it is; lowest first, so that the padding comes before the entry. */
    private int poke(Ptrace ptrace, int tid, long site, MemorySegment bytes) {
        long start = site & -8;
        long end = site + bytes.byteSize() + 7 & -8;
        byte[] words = read(new RemoteAddress(start), (int) (end - start));
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, words, (int) (site - start), (int) bytes.byteSize());
        MemorySegment all = MemorySegment.ofArray(words);
        for (long at = start; at < end; at += 8) {
            int error = ptrace.poke(tid, new RemoteAddress(at),
                    all.get(ValueLayout.JAVA_LONG_UNALIGNED, at - start));
            if (error != 0) {
                return error;
            }
        }
        return 0;
    }
}
