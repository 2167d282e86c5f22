package dev.pulpo.engine;

import dev.pulpo.engine.store.LoaderPoll;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices from outside when processes have started, and when they load objects later: for programs that give processes their
 * patches as soon as they can have them. Stops nothing. Thread-safe. A look may take long, because a process can make reads of its memory wait.
 */
public final class LoadWatch {
    private final LoaderPoll poll = new LoaderPoll();
    private final Map<Integer, LoaderPoll.Loaded> seen = new ConcurrentHashMap<>();

    /** A watch that has looked at nothing yet. */
    public LoadWatch() {}

    /** What a look finds. */
    public enum Change {
        /** The dynamic loader is at work, or the process cannot be read: it is not to be patched now. */
        NOT_READY,
        /** The loader is done, and it is the first look at it, or it has loaded or removed something since the last one. */
        LOADED,
        /** Nothing has changed since the last look. */
        NONE
    }

    /** Looks at a process. */
    public Change look(int pid) {
        LoaderPoll.Loaded before = seen.get(pid);
        if (before != null && poll.isUnchanged(pid, before)) {
            return Change.NONE;
        }
        Optional<LoaderPoll.Loaded> now = poll.find(pid);
        if (now.isEmpty()) {
            seen.remove(pid);
            return Change.NOT_READY;
        }
        seen.put(pid, now.get());
        return Change.LOADED;
    }

    /** Forgets a process: the next look is the first. */
    public void forget(int pid) {
        seen.remove(pid);
    }

    /** Forgets all processes but these. */
    public void retain(Set<Integer> pids) {
        seen.keySet().retainAll(pids);
    }

    @Override
    public String toString() {
        return "watch of what " + seen.size() + (seen.size() == 1 ? " process has" : " processes have") + " loaded";
    }
}
