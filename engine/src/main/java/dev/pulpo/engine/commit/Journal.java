package dev.pulpo.engine.commit;

import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Ptrace;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one commit, laid out before the stop: one write for each page of code, however many functions change
 * there. Written changes can be taken back. Code is written through the tracee's memory file, or by PTRACE_POKEDATA
 * where the kernel forbids that.
 */
final class Journal {
    private static final long PAGE = 4096;

    private final int pid;
    private final TraceeMemory memory;
    private final List<Span> spans;
    /** Buffer of {@link #poke}. */
    private final MemorySegment word;

    /** The bytes of one write: one change, or several of a page with the bytes between them. */
    private static final class Span {
        final List<Change> changes;
        final long site;
        final MemorySegment before;
        final MemorySegment after;
        /** Buffer to read into during the stop. */
        private final MemorySegment found;
        /** The changes one by one; empty where there is only one. */
        final List<Single> singles;

        Span(List<Change> changes, TraceeMemory memory, Arena arena) {
            this.changes = changes;
            site = changes.stream().mapToLong(change -> change.site().value()).min().orElseThrow();
            long length = changes.stream().mapToLong(Change::end).max().orElseThrow() - site;
            before = arena.allocate(length);
            after = arena.allocate(length);
            found = arena.allocate(length);
            if (changes.size() > 1) {
                memory.read(new RemoteAddress(site), before);
                after.copyFrom(before);
                singles = changes.stream().map(this::single).toList();
            } else {
                singles = List.of();
            }
            for (Change change : changes) {
                MemorySegment.copy(change.before(), 0, before, ValueLayout.JAVA_BYTE, offset(change),
                        change.before().length);
                MemorySegment.copy(change.after(), 0, after, ValueLayout.JAVA_BYTE, offset(change),
                        change.after().length);
            }
        }

        /** Its bytes are slices of the span's. */
        private Single single(Change change) {
            long length = change.after().length;
            return new Single(change.site().value(), before.asSlice(offset(change), length),
                    after.asSlice(offset(change), length));
        }

        private long offset(Change change) {
            return change.site().value() - site;
        }

        /** The first change whose bytes differ from these, or null. */
        @Nullable
        Change firstOther(TraceeMemory memory, MemorySegment wanted) {
            memory.read(new RemoteAddress(site), found);
            for (Change change : changes) {
                long from = offset(change);
                long to = from + change.after().length;
                if (MemorySegment.mismatch(found, from, to, wanted, from, to) != -1) {
                    return change;
                }
            }
            return null;
        }

        /** Whether all its bytes are unchanged since they were read, so that one write may cover them. */
        boolean isAsRead(TraceeMemory memory) {
            return memory.readSome(site, found) == found.byteSize() && found.mismatch(before) == -1;
        }
    }

    /** One change of a span of several. */
    private record Single(long site, MemorySegment before, MemorySegment after) {}

    /** @throws SystemCallException where the bytes to change cannot be read */
    Journal(int pid, TraceeMemory memory, List<Change> changes, Arena arena) {
        this.pid = pid;
        this.memory = memory;
        this.word = arena.allocate(ValueLayout.JAVA_LONG);
        this.spans = byPage(changes).stream().map(together -> new Span(together, memory, arena)).toList();
    }

    /**
     * Groups changes of code by page, in the order of the first change of each page. Changes of the registry stay alone
     * and in their place in the order: the next tool learns from them how far the commit got.
     */
    private static List<List<Change>> byPage(List<Change> changes) {
        List<List<Change>> groups = new ArrayList<>();
        Map<Long, List<Change>> pages = new HashMap<>();
        for (Change change : changes) {
            long page = change.site().value() / PAGE;
            if (!change.isCode() || (change.end() - 1) / PAGE != page) {
                groups.add(List.of(change));
                continue;
            }
            pages.computeIfAbsent(page, first -> {
                List<Change> group = new ArrayList<>();
                groups.add(group);
                return group;
            }).add(change);
        }
        return groups;
    }

    /**
     * Writes the present bytes to every page. The process gets private copies of the pages before the stop, and a page
     * that cannot be written shows early.
     */
    void touch() {
        for (Span span : spans) {
            int error = span.singles.isEmpty()
                    ? memory.tryWrite(span.site, span.before)
                    : memory.tryWrite(span.singles.getFirst().site, span.singles.getFirst().before);
            if (error != 0) {
                // The commit falls back to PTRACE_POKEDATA. This call only saves time in the stop.
                return;
            }
        }
    }

    /** The first change whose bytes are not the expected ones, or null. */
    @Nullable
    Change firstUnexpected() {
        return spans.stream().map(span -> span.firstOther(memory, span.before)).filter(Objects::nonNull).findFirst()
                .orElse(null);
    }

    /** The first change that has not been made, or null. */
    @Nullable
    Change firstMissing() {
        return spans.stream().map(span -> span.firstOther(memory, span.after)).filter(Objects::nonNull).findFirst()
                .orElse(null);
    }

    /**
     * Makes all changes, within a stop. After a failure it takes back the ones it made.
     *
     * @param tid a stopped thread, for PTRACE_POKEDATA
     */
    void write(Ptrace ptrace, int tid) {
        int at = 0;
        int error = 0;
        try {
            for (; at < spans.size(); at++) {
                error = change(ptrace, tid, spans.get(at));
                if (error != 0) {
                    break;
                }
            }
        } catch (RuntimeException | Error thrown) {
            takeBack(ptrace, tid, at, thrown);
            throw thrown;
        }
        if (error != 0) {
            takeBack(ptrace, tid, at);
            Change first = spans.get(at).changes.getFirst();
            throw new SystemCallException("write of " + spans.get(at).after.byteSize() + " bytes to " + first.site()
                    + ", the entry of " + first.function() + " in process " + pid, error);
        }
    }

    private void takeBack(Ptrace ptrace, int tid, int last) {
        for (int i = last; i >= 0; i--) {
            int error = changeBack(ptrace, tid, spans.get(i));
            if (error != 0 && i < last) {
                throw new BorrowedCallException(pid, tid, "the bytes of "
                        + spans.get(i).changes.getFirst().function()
                        + " could be changed and not changed back: " + Errno.name(error));
            }
        }
    }

    /** As the other, ignoring further failures: the record tells the next tool to take back the rest. */
    private void takeBack(Ptrace ptrace, int tid, int last, Throwable why) {
        for (int i = last; i >= 0; i--) {
            try {
                changeBack(ptrace, tid, spans.get(i));
            } catch (RuntimeException | Error again) {
                if (!again.equals(why)) {
                    why.addSuppressed(again);
                }
            }
        }
    }

    private int change(Ptrace ptrace, int tid, Span span) {
        if (span.singles.isEmpty() || span.isAsRead(memory)) {
            return writeOne(ptrace, tid, span.site, span.after);
        }
        // The bytes between the changes have changed meanwhile and stay as they are now.
        for (int i = 0; i < span.singles.size(); i++) {
            Single single = span.singles.get(i);
            int error = writeOne(ptrace, tid, single.site, single.after);
            if (error != 0) {
                return error;
            }
        }
        return 0;
    }

    private int changeBack(Ptrace ptrace, int tid, Span span) {
        if (span.singles.isEmpty()) {
            return writeOne(ptrace, tid, span.site, span.before);
        }
        int first = 0;
        for (Single single : span.singles) {
            int error = writeOne(ptrace, tid, single.site, single.before);
            first = first == 0 ? error : first;
        }
        return first;
    }

    private int writeOne(Ptrace ptrace, int tid, long site, MemorySegment bytes) {
        int error = memory.tryWrite(site, bytes);
        return error == 0 ? 0 : poke(ptrace, tid, site, bytes);
    }

    /**
     * Writes whole words and keeps the bytes around. Lowest word first, so that the padding changes before the entry.
     */
    private int poke(Ptrace ptrace, int tid, long site, MemorySegment bytes) {
        long end = site + bytes.byteSize();
        for (long at = site & -8; at < end; at += Long.BYTES) {
            if (memory.readSome(at, word) != Long.BYTES) {
                return Errno.EIO;
            }
            long from = Math.max(at, site);
            MemorySegment.copy(bytes, from - site, word, from - at, Math.min(at + Long.BYTES, end) - from);
            int error = ptrace.poke(tid, at, word.get(ValueLayout.JAVA_LONG, 0));
            if (error != 0) {
                return error;
            }
        }
        return 0;
    }
}
