package dev.pulpo.engine.trace;

import java.util.Arrays;

/**
 * The threads of a stop: ids, states and pending signals in arrays, found by id through open addressing. Grows only when
 * there are more threads than expected.
 */
final class ThreadTable {
    /** Seized, runs. */
    static final byte SEIZED = 0;
    /** Asked to stop, or new and about to stop by itself. */
    static final byte STOPPING = 1;
    /** In a ptrace-stop. */
    static final byte STOPPED = 2;
    /** Waits for a vfork child: certain to stop before its next instruction in user space. */
    static final byte IN_VFORK = 3;
    /** Exited. */
    static final byte GONE = 4;

    private int[] tids;
    private byte[] states;
    private int[] signals;
    private long[] since;
    private int[] slots;
    private int count;

    ThreadTable(int expected) {
        int capacity = Math.max(64, 2 * expected);
        tids = new int[capacity];
        states = new byte[capacity];
        signals = new int[capacity];
        since = new long[capacity];
        slots = emptySlots(capacity);
    }

    private static int[] emptySlots(int capacity) {
        int[] slots = new int[Integer.highestOneBit(capacity) * 4];
        Arrays.fill(slots, -1);
        return slots;
    }

    int count() {
        return count;
    }

    int tid(int index) {
        return tids[index];
    }

    byte state(int index) {
        return states[index];
    }

    void state(int index, byte state) {
        states[index] = state;
    }

    /** The signal that the thread stopped with, to be delivered at its release; 0 for none. */
    int signal(int index) {
        return signals[index];
    }

    void signal(int index, int signal) {
        signals[index] = signal;
    }

    /** When the thread was asked to stop, on the scale of {@link System#nanoTime}. */
    long since(int index) {
        return since[index];
    }

    void since(int index, long time) {
        since[index] = time;
    }

    boolean contains(int tid) {
        return slots[slotOf(tid)] >= 0;
    }

    void add(int tid, byte state) {
        if (count == tids.length) {
            grow();
        }
        tids[count] = tid;
        states[count] = state;
        signals[count] = 0;
        slots[slotOf(tid)] = count;
        count++;
    }

    /** The number of threads in this state. */
    int count(byte state) {
        int found = 0;
        for (int i = 0; i < count; i++) {
            if (states[i] == state) {
                found++;
            }
        }
        return found;
    }

    void clear() {
        count = 0;
        Arrays.fill(slots, -1);
    }

    /** The slot of this thread, or the free one for it. */
    private int slotOf(int tid) {
        int mask = slots.length - 1;
        int slot = tid * 0x9e3779b1 >>> 7 & mask;
        while (slots[slot] >= 0 && tids[slots[slot]] != tid) {
            slot = slot + 1 & mask;
        }
        return slot;
    }

    private void grow() {
        tids = Arrays.copyOf(tids, 2 * count);
        states = Arrays.copyOf(states, 2 * count);
        signals = Arrays.copyOf(signals, 2 * count);
        since = Arrays.copyOf(since, 2 * count);
        slots = emptySlots(2 * count);
        for (int i = 0; i < count; i++) {
            slots[slotOf(tids[i])] = i;
        }
    }
}
