package dev.pulpo.engine.trace;

import dev.pulpo.engine.Pause;
import dev.pulpo.engine.ThreadPause;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The pauses of threads, each from its interrupt to its release. The tracer thread writes it, in stops too: then it allocates
 * nothing, because {@link #expect} has made room before. Others read it while the tracer thread does nothing.
 */
public final class PauseLog {
    /** A search for a thread to borrow may look at threads again and again. */
    private static final int MOST_LOOKS = 10_000;

    private int[] tids = new int[64];
    private long[] from = new long[64];
    private long[] to = new long[64];
    private Pause.Cause[] causes = new Pause.Cause[64];
    /** Pauses of one stop have the same number. */
    private int[] stops = new int[64];
    private int count;
    private int stop;
    private volatile long longest;

    /** Makes room for a stop of so many threads, which begins next. */
    void expect(int threads) {
        stop++;
        int room = count + threads;
        if (room > tids.length) {
            grow(room);
        }
    }

    private void grow(int room) {
        tids = Arrays.copyOf(tids, room);
        from = Arrays.copyOf(from, room);
        to = Arrays.copyOf(to, room);
        causes = Arrays.copyOf(causes, room);
        stops = Arrays.copyOf(stops, room);
    }

    /** Notes that a thread was stopped with all others. Allocates nothing if it was {@linkplain #expect expected}. */
    void together(int tid, long began, long ended) {
        noteStop(began, ended);
        add(Pause.Cause.STOP, tid, began, ended);
    }

    /** Notes that a thread was stopped alone and has been released; the first ten thousand of them. */
    public void alone(int tid, long began, long ended) {
        noteStop(began, ended);
        if (count < MOST_LOOKS) {
            stop++;
            add(Pause.Cause.LOOK, tid, began, ended);
        }
    }

    /** Notes that a thread was borrowed. It does not count as stopped. */
    public void borrowed(int tid, long began, long ended) {
        stop++;
        add(Pause.Cause.LOAN, tid, began, ended);
    }

    private void noteStop(long began, long ended) {
        if (ended - began > longest) {
            longest = ended - began;
        }
    }

    private void add(Pause.Cause cause, int tid, long began, long ended) {
        if (count == tids.length) {
            grow(2 * count);
        }
        causes[count] = cause;
        tids[count] = tid;
        from[count] = began;
        to[count] = ended;
        stops[count++] = stop;
    }

    /** Takes all pauses out, the oldest first. */
    public List<Pause> take() {
        List<Pause> pauses = new ArrayList<>();
        for (int i = 0; i < count;) {
            Pause.Cause cause = causes[i];
            int number = stops[i];
            List<ThreadPause> threads = new ArrayList<>();
            for (; i < count && stops[i] == number; i++) {
                threads.add(new ThreadPause(tids[i], from[i], to[i]));
            }
            pauses.add(new Pause(cause, threads));
        }
        drop();
        return pauses;
    }

    /** Forgets all pauses but the longest stop. */
    public void drop() {
        count = 0;
    }

    /** For another operation. */
    void forget() {
        drop();
        longest = 0;
    }

    /** The longest stop of one thread so far, loans excluded, in nanoseconds. */
    public long longestStop() {
        return longest;
    }
}
