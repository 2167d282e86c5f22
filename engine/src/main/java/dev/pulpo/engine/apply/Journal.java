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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The writes of one commit, laid out beforehand so that the stop only has to make them: one for each page of code, however
 * many functions there change. What has been written can be taken back. Text is written through the tracee's memory file, and
 * where the kernel forbids that by PTRACE_POKEDATA.
 */
final class Journal {
    private static final long PAGE = 4096;

    private final int pid;
    private final TraceeMemory memory;
    private final List<Span> spans;
    /** Room for {@link #poke}. */
    private final MemorySegment word;

    /** What one write changes: one place, or several of a page with what lies between them. */
    private static final class Span {
        final List<Change> changes;
        final long site;
        final MemorySegment before;
        final MemorySegment after;
        /** Room for a look within the stop. */
        private final MemorySegment found;
        /** The same changes one by one, where there are several. */
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

        /** Its bytes lie in those of the span. */
        private Single single(Change change) {
            long length = change.after().length;
            return new Single(change.site().value(), before.asSlice(offset(change), length),
                    after.asSlice(offset(change), length));
        }

        private long offset(Change change) {
            return change.site().value() - site;
        }

        /** The first change of which other bytes are there than these, or null. */
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

        /** Whether all of it is what it was, so that it may be written as a whole. */
        boolean isAsRead(TraceeMemory memory) {
            return memory.readSome(site, found) == found.byteSize() && found.mismatch(before) == -1;
        }
    }

    /** One change of several. */
    private record Single(long site, MemorySegment before, MemorySegment after) {}

    /** @throws SystemCallException where what is to change cannot be read */
    Journal(int pid, TraceeMemory memory, List<Change> changes, Arena arena) {
        this.pid = pid;
        this.memory = memory;
        this.word = arena.allocate(ValueLayout.JAVA_LONG);
        this.spans = byPage(changes).stream().map(together -> new Span(together, memory, arena)).toList();
    }

    /**
     * Changes of code that can be made together, in the order of the first of each. Those of the registry stay by
     * themselves and where they are: they say how far the others have come.
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
     * Writes to every page what is there already, so that the process has private copies of the pages before it is
     * stopped, and it is known whether they can be written.
     */
    void touch() {
        for (Span span : spans) {
            int error = span.singles.isEmpty()
                    ? memory.tryWrite(span.site, span.before)
                    : memory.tryWrite(span.singles.getFirst().site, span.singles.getFirst().before);
            if (error != 0) {
                // The commit itself falls back to another way; here only time was to be gained.
                return;
            }
        }
    }

    /** Whether what must be there is there; the first change for which it is not, or null. */
    @Nullable
    Change firstUnexpected() {
        return spans.stream().map(span -> span.firstOther(memory, span.before)).filter(Objects::nonNull).findFirst()
                .orElse(null);
    }

    /** The first change that has not arrived, or null. */
    @Nullable
    Change firstMissing() {
        return spans.stream().map(span -> span.firstOther(memory, span.after)).filter(Objects::nonNull).findFirst()
                .orElse(null);
    }

    /**
     * Makes all changes, within a stop. Where one fails, those before it are taken back.
     *
     * @param tid a stopped thread, for the other way of writing
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

    /** As the other, as far as it goes: what cannot be taken back here the patch's record tells the next tool to. */
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
        // Somebody else has changed what lies between; it stays as it is now.
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

    /** Whole words, with what surrounds the bytes as it is; lowest first, so that the padding comes before the entry. */
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
