package dev.pulpo.examples.watch;

import dev.pulpo.elf.VisibleText;
import dev.pulpo.engine.LoadWatch;
import dev.pulpo.examples.crowd.Unforeseen;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at the loaders of processes on threads of its own: a process can make reads of its memory wait for ever. A thread that
 * waits is replaced at once. No user's processes can make more than a few wait, and one that has not been ready for long is
 * looked at less and less often. For one thread, beside its own.
 */
final class Polls {
    private static final System.Logger LOGGER = System.getLogger("dev.pulpo.watch");

    private static final long BUSY_NANOS = 20_000_000;
    private static final int MOST_WAITING = 256;
    private static final int MOST_WAITING_OF_A_USER = 4;

    private final LoadWatch loads = new LoadWatch();
    private final ConcurrentLinkedQueue<Integer> queue = new ConcurrentLinkedQueue<>();
    private final Set<Integer> queued = ConcurrentHashMap.newKeySet();
    private final ConcurrentLinkedQueue<Look> looks = new ConcurrentLinkedQueue<>();
    private final Backoff later = new Backoff(Duration.ofMillis(500), Duration.ofMinutes(1));
    private final List<Poller> waiting = new ArrayList<>();
    private Poller poller = new Poller();

    /** What a look has found. */
    record Look(int pid, LoadWatch.Change change) {}

    /** A thread that looks at one process after the other. */
    private final class Poller implements Runnable {
        private final Thread thread = Thread.ofPlatform().daemon().name("pulpo-polls").start(this);
        private volatile int pid;
        private volatile long began;
        private volatile boolean replaced;

        @Override
        public void run() {
            while (!replaced && !Thread.currentThread().isInterrupted()) {
                Integer next = queue.poll();
                if (next == null) {
                    // Returns at once if add or end has come in between.
                    LockSupport.park(Polls.this);
                    continue;
                }
                began = System.nanoTime();
                pid = next;
                LoadWatch.Change change = look(next);
                pid = 0;
                looks.add(new Look(next, change));
                queued.remove(next);
            }
        }

        boolean isWaiting() {
            return pid != 0 && System.nanoTime() - began > BUSY_NANOS;
        }
    }

    private LoadWatch.Change look(int pid) {
        try {
            return loads.look(pid);
        } catch (RuntimeException | VirtualMachineError failure) {
            // It is looked at again; the looks at others go on.
            LOGGER.log(System.Logger.Level.DEBUG, () -> "process " + pid + ": "
                    + VisibleText.of(Unforeseen.words(pid, failure)));
            return LoadWatch.Change.NOT_READY;
        }
    }

    /** Wants processes looked at. The thread is woken once for all of them: that costs more than a look. */
    void add(Iterable<Integer> pids) {
        for (int pid : pids) {
            if (later.isFree(pid) && mayWait(pid) && queued.add(pid)) {
                queue.add(pid);
            }
        }
        if (!queue.isEmpty()) {
            LockSupport.unpark(poller.thread);
        }
    }

    private boolean mayWait(int pid) {
        return waiting.isEmpty() || waiting.stream().filter(other -> owner(other.pid).equals(owner(pid)))
                .count() < MOST_WAITING_OF_A_USER;
    }

    /** The user of a process, or what tells that there is none. */
    private static Object owner(int pid) {
        try {
            return Files.getAttribute(Path.of("/proc", Integer.toString(pid)), "unix:uid");
        } catch (IOException gone) {
            return "";
        }
    }

    /** Whether all looks have been taken, but for those that wait. */
    boolean isIdle() {
        return queued.size() <= waiting.size() && looks.isEmpty();
    }

    /** What has been found since the last call. */
    List<Look> looks() {
        waiting.removeIf(other -> !other.thread.isAlive());
        if (poller.isWaiting() && waiting.size() < MOST_WAITING) {
            poller.replaced = true;
            waiting.add(poller);
            // It begins with what the other has left.
            poller = new Poller();
        }
        List<Look> found = new ArrayList<>();
        for (Look look = looks.poll(); look != null; look = looks.poll()) {
            found.add(look);
        }
        return found;
    }

    /** A process was not ready for long: it is looked at less often. */
    void defer(int pid) {
        later.putOff(pid);
    }

    /** The next look at a process is the first. */
    void forget(int pid) {
        later.forget(pid);
        loads.forget(pid);
    }

    /** Forgets all processes but these. */
    void retain(Set<Integer> pids) {
        later.retain(pids);
        loads.retain(pids);
    }

    /** Ends the threads that do not wait; the others end with this program. */
    void end() {
        poller.thread.interrupt();
    }
}
