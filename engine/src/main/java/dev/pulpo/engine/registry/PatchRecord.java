package dev.pulpo.engine.registry;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Retention;
import dev.pulpo.ffm.RemoteAddress;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One patch, as the registry stores it.
 *
 * @param state        how far it is
 * @param sequence     number of the record; of several patches of a function the highest is in force
 * @param appliedAt    time of recording
 * @param id           the patch
 * @param handle       what {@code dlopen} returned
 * @param bias         from its link addresses to remote ones
 * @param start        first address of its mappings
 * @param end          first address after them
 * @param trampolines  its memory near the target; empty if it needs none
 * @param mark         basis of the thread marks, see {@link #staysOld}; 0 without gates
 * @param retention    how long it stays loaded once it is out of force
 * @param link         to other patches
 * @param file         the path that the tool loaded it from
 * @param target       path of the object whose functions it replaces
 * @param buildId      the target's, in hexadecimal; may be empty
 * @param comment      for people; may be empty
 * @param dependencies patches that must stay in force with it
 * @param functions    the functions that it replaces
 * @param declared     what else it declares
 */
public record PatchRecord(State state, long sequence, Instant appliedAt, PatchId id, RemoteAddress handle, long bias,
        RemoteAddress start, RemoteAddress end, TrampolineBlock trampolines, int mark, Retention retention,
        TransactionLink link, String file, String target, String buildId, String comment, List<PatchId> dependencies,
        List<FunctionRecord> functions, Declared declared) {
    /** How far a patch is. The numbers are part of the format. */
    public enum State {
        /** Loaded and recorded; entries may have changed. Recovery undoes it. */
        PREPARED(1),
        /** In force. */
        ACTIVE(2),
        /** About to be reverted; entries may have changed. Recovery completes it. */
        REVERTING(3),
        /** No entry leads to it; it may still be loaded. */
        REVERTED(4),
        /** As REVERTED, and its memory is unmapped, or was about to be when the tool died. */
        UNLOADED(5),
        /**
         * Threads change to it, or back, one by one. Each entry leads to a gate, or to the version that the gate chooses for
         * unmarked threads. Recovery leaves it. The byte at {@link PatchRecord#mode} tells the direction.
         */
        TRANSITION(6),
        /**
         * In force as a part of an undecided transaction of several processes. Recovery completes it if the transaction was
         * decided, and undoes it otherwise.
         */
        PENDING(7);

        private final long code;

        State(long code) {
            this.code = code;
        }

        long code() {
            return code;
        }

        /** Whether a tool died while it changed entries for this patch, or works on it now. */
        public boolean isHalfDone() {
            return this == PREPARED || this == REVERTING || this == PENDING;
        }
    }

    public PatchRecord {
        dependencies = List.copyOf(dependencies);
        functions = List.copyOf(functions);
    }

    /** A record that stays loaded no longer than it must, of a patch that declares nothing. */
    public PatchRecord(State state, long sequence, Instant appliedAt, PatchId id, RemoteAddress handle, long bias,
            RemoteAddress start, RemoteAddress end, TrampolineBlock trampolines, int mark, TransactionLink link,
            String file, String target, String buildId, String comment, List<PatchId> dependencies,
            List<FunctionRecord> functions) {
        this(state, sequence, appliedAt, id, handle, bias, start, end, trampolines, mark, Retention.WHILE_REACHABLE,
                link, file, target, buildId, comment, dependencies, functions, Declared.NOTHING);
    }

    /**
     * A record of no patch: it stands for all patches of this process that a transaction of several processes removes. Its
     * state and commit mark tell the progress of the removal. It ends as UNLOADED.
     */
    public static PatchRecord forRemoval(long sequence, TransactionLink link) {
        RemoteAddress nowhere = new RemoteAddress(0);
        return new PatchRecord(State.PREPARED, sequence, Instant.now(), new PatchId(new byte[PatchId.BYTES]), nowhere,
                0, nowhere, nowhere, TrampolineBlock.NONE, 0, link, "", "", "", "", List.of(), List.of());
    }

    /** Whether it {@linkplain #forRemoval stands for a removal}: every loaded object has a handle. */
    public boolean standsForRemoval() {
        return handle.value() == 0;
    }

    /** Whether its functions have gates, so that threads can change one by one. */
    public boolean hasGates() {
        return mark != 0;
    }

    /** Address of the mode byte. */
    public RemoteAddress mode() {
        return trampolines.start();
    }

    /** The mark of a thread that stays in the old code while others change to the patch. */
    public int staysOld() {
        return mark;
    }

    /** The mark of a thread that stays in the patch while others change back. */
    public int staysNew() {
        return mark + 1;
    }

    /** The same record in another state. */
    public PatchRecord in(State other) {
        return new PatchRecord(other, sequence, appliedAt, id, handle, bias, start, end, trampolines, mark, retention,
                link, file, target, buildId, comment, dependencies, functions, declared);
    }

    /** The same record of a patch that declares this. */
    public PatchRecord declaring(Declared what) {
        return new PatchRecord(state, sequence, appliedAt, id, handle, bias, start, end, trampolines, mark, retention,
                link, file, target, buildId, comment, dependencies, functions, what);
    }

    /** The callback that is due, see {@link Callbacks#due}. */
    public Optional<Callback> due() {
        return declared.callbacks().due(state);
    }
}
