package dev.pulpo.engine;

import dev.pulpo.engine.probe.CallRing;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A probe that is in force in a process. It is a patch of the process: {@link LiveProcess#patches} lists it, and whoever reverts
 * that patch ends the probe. Thread-safe, and to be closed before its process is.
 */
public final class LiveProbe implements AutoCloseable {
    private final LiveProcess process;
    private final Probe probe;
    private final Outcome outcome;
    private final Path file;
    private final Optional<CallRing> ring;

    LiveProbe(LiveProcess process, Probe probe, Outcome outcome, Path file, Optional<CallRing> ring) {
        this.ring = ring;
        this.process = process;
        this.probe = probe;
        this.outcome = outcome;
        this.file = file;
    }

    /** Its patch. */
    public PatchId id() {
        return outcome.patch();
    }

    /** What it does. */
    public Probe probe() {
        return probe;
    }

    /** How it came into force. */
    public Outcome outcome() {
        return outcome;
    }

    /**
     * How often it has acted since it came into force. Reads the memory of the process, and stops nothing.
     *
     * @throws RefusedException              where its patch has been reverted
     * @throws OperationInterruptedException where the calling thread was interrupted
     */
    public ProbeCounts counts() {
        return process.counts(id(), probe.action().isCounted());
    }

    /**
     * How long calls took since it came into force. Reads the memory of the process, and stops nothing.
     *
     * @throws IllegalStateException if it does not measure that
     * @throws RefusedException      where its patch has been reverted
     */
    public ProbeTimes times() {
        if (!(probe.action() instanceof Probe.Action.Time)) {
            throw new IllegalStateException(probe + " measures no times");
        }
        return process.times(id());
    }

    /**
     * What it has recorded since the last look. Reads the memory of the process, and stops nothing. The ring in the process
     * holds some thousand calls; those that are overwritten before they are read are counted.
     *
     * @throws IllegalStateException if it does not trace
     * @throws RefusedException      where its patch has been reverted
     */
    public TracedCalls calls() {
        return process.calls(id(), ring.orElseThrow(() -> new IllegalStateException(probe + " traces nothing")));
    }

    /**
     * Takes the probe back. If its patch has been reverted there is nothing to do.
     *
     * @throws RefusedException where another patch has come on top of it, which must be reverted first
     * @throws BlockedException where a thread would return into bytes that change, until the timeout; the probe stays
     * @throws UncheckedIOException where the probe is taken back, and its file cannot be deleted
     */
    @Override
    public void close() {
        revert();
    }

    /**
     * As {@link #close}. Threads that sleep in the probe are not waited for: then it is out of force, and stays loaded.
     *
     * @return what was done
     */
    public Outcome revert() {
        Outcome reverted;
        try {
            reverted = process.takeBack(id());
        } catch (TargetGoneException gone) {
            delete();
            throw gone;
        }
        delete();
        return reverted;
    }

    private void delete() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("the probe is taken back, and its file remains", e);
        }
    }

    @Override
    public String toString() {
        return probe + " in " + process;
    }
}
