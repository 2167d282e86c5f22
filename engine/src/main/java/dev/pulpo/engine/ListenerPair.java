package dev.pulpo.engine;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** Tells two listeners. A failure of the first does not keep the second from being told. */
record ListenerPair(OperationListener first, OperationListener second) implements OperationListener {
    @Override
    public void planned(List<PatchPlan> plans) {
        tell(listener -> listener.planned(plans));
    }

    @Override
    public void loaded(int pid, PatchId patch, Duration borrowed) {
        tell(listener -> listener.loaded(pid, patch, borrowed));
    }

    @Override
    public void stopped(int pid, int attempt, Duration stop) {
        tell(listener -> listener.stopped(pid, attempt, stop));
    }

    @Override
    public void paused(int pid, List<Pause> pauses) {
        tell(listener -> listener.paused(pid, pauses));
    }

    @Override
    public void phase(int pid, Phase phase, long from, long to) {
        tell(listener -> listener.phase(pid, phase, from, to));
    }

    @Override
    public void blocked(int pid, int attempt, List<Blocker> blockers) {
        tell(listener -> listener.blocked(pid, attempt, blockers));
    }

    @Override
    public void committed(int pid, int attempts, Duration stop) {
        tell(listener -> listener.committed(pid, attempts, stop));
    }

    private void tell(Consumer<OperationListener> what) {
        try {
            what.accept(first);
        } finally {
            what.accept(second);
        }
    }
}
