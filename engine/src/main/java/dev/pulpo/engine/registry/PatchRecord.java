package dev.pulpo.engine.registry;

import dev.pulpo.engine.PatchId;
import dev.pulpo.ffm.RemoteAddress;
import java.time.Instant;
import java.util.List;

/**
 * One patch, as the registry keeps it.
 *
 * @param state     how far it is
 * @param sequence  grows with each patch of the process; of several patches of a function the highest is in force
 * @param appliedAt when it was recorded
 * @param id        the patch
 * @param handle    what {@code dlopen} returned for it
 * @param bias      what was added to its link addresses
 * @param start     first address of its file's mappings
 * @param end       first address behind them
 * @param trampolines memory near the target that belongs to the patch; empty where it needs none
 * @param mark      for the words of threads that stay behind, see {@link #staysOld}; 0 where the functions have no gates
 * @param ties      what binds it to other patches
 * @param file      where it was loaded from, as the tool saw it
 * @param target    path of the object whose functions it replaces
 * @param buildId   the target's, in hexadecimal; may be empty
 * @param comment   for people; may be empty
 * @param dependencies patches that must be in force as long as it is
 * @param functions what it replaces
 */
public record PatchRecord(State state, long sequence, Instant appliedAt, PatchId id, RemoteAddress handle, long bias,
        RemoteAddress start, RemoteAddress end, TrampolineBlock trampolines, int mark, Ties ties, String file,
        String target, String buildId, String comment, List<PatchId> dependencies, List<FunctionRecord> functions) {
    /** How far a patch is. The numbers are in the target's memory. */
    public enum State {
        /** Loaded and recorded; entries may or may not have been changed. Left behind: to be undone. */
        PREPARED(1),
        /** In force. */
        ACTIVE(2),
        /** About to be taken back; entries may or may not have been changed. Left behind: to be completed. */
        REVERTING(3),
        /** No entry leads to it any more; it may still be loaded. */
        REVERTED(4),
        /** As REVERTED, and its memory has been given back, or was about to be when the tool died. */
        UNLOADED(5),
        /**
         * Threads change to it, or back, one after the other: every entry leads to a gate, or to where its gate leads all
         * threads that are not kept. A state to stay in, also when the tool has died. Which way it goes says the byte at
         * {@link PatchRecord#mode}.
         */
        TRANSITION(6),
        /**
         * In force as a part of a transaction of several processes that has not been decided. Left behind: to be completed
         * where it was decided, and to be undone where it was not.
         */
        PENDING(7);

        private final long code;

        State(long code) {
            this.code = code;
        }

        long code() {
            return code;
        }

        /** Whether a tool died while it changed entries for this patch, or works at it now. */
        public boolean isHalfDone() {
            return this == PREPARED || this == REVERTING || this == PENDING;
        }
    }

    public PatchRecord {
        dependencies = List.copyOf(dependencies);
        functions = List.copyOf(functions);
    }

    /**
     * Stands for no patch, but for all that go with this transaction of several processes: how far that is, its state and
     * its mark say. Once that is over it is UNLOADED.
     */
    public static PatchRecord departure(long sequence, Ties ties) {
        RemoteAddress nowhere = new RemoteAddress(0);
        return new PatchRecord(State.PREPARED, sequence, Instant.now(), new PatchId(new byte[PatchId.BYTES]), nowhere,
                0, nowhere, nowhere, TrampolineBlock.NONE, 0, ties, "", "", "", "", List.of(), List.of());
    }

    /** Whether it stands for patches that go, and not for one of its own; what the loader opens has a handle. */
    public boolean isDeparture() {
        return handle.value() == 0;
    }

    /** Whether its functions have gates, so that threads can change one after the other. */
    public boolean hasGates() {
        return mark != 0;
    }

    /** Where the byte is that all its gates obey. */
    public RemoteAddress mode() {
        return trampolines.start();
    }

    /** The word of a thread that goes on to run the old code while others change to the patch. */
    public int staysOld() {
        return mark;
    }

    /** The word of a thread that goes on to run the patch while others change back. */
    public int staysNew() {
        return mark + 1;
    }

    /** The same record in another state. */
    public PatchRecord in(State other) {
        return new PatchRecord(other, sequence, appliedAt, id, handle, bias, start, end, trampolines, mark, ties,
                file, target, buildId, comment, dependencies, functions);
    }
}
