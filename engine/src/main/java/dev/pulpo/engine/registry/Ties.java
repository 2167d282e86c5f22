package dev.pulpo.engine.registry;

import java.util.List;

/**
 * What binds a patch to others that come into force with it, or go with it, so that a tool that finds some of them half done
 * knows what to do about all.
 *
 * @param transaction number of the transaction with which the patch came; 0 where it came alone
 * @param leaving     number of the one with which it goes, or was to go last; 0 where it never was to go with others
 * @param mark        how far a transaction of several processes is known to be here
 * @param namespace   the PID namespace in which the members' ids hold, as the inode number of its file; 0 where there are none
 * @param members     the processes of the transaction, the one whose mark is written first at the front; none where it
 *                    concerns one process alone
 * @param kept        whether the record has room for all this; those of older versions have none
 */
public record Ties(long transaction, long leaving, Mark mark, long namespace, List<Member> members, boolean kept) {
    /** How many processes a transaction may have. */
    public static final int MOST_MEMBERS = 16_384;

    /** Of a patch that has nothing to do with others. */
    public static final Ties NONE = new Ties(0, 0, Mark.OPEN, 0, List.of(), true);

    /** Of a record that has no room for any. */
    static final Ties OLD = new Ties(0, 0, Mark.OPEN, 0, List.of(), false);

    /** What a member of a transaction of several processes has been told. The numbers are in the target's memory. */
    public enum Mark {
        /** Nothing. As long as all members that are left say so, it is undone wherever it is found. */
        OPEN(0),
        /** All processes have it in force, and it stays. */
        DECIDED(1),
        /** As DECIDED, and all other members know. */
        SETTLED(2);

        private final long code;

        Mark(long code) {
            this.code = code;
        }

        long code() {
            return code;
        }
    }

    /**
     * A process of a transaction.
     *
     * @param startTime in clock ticks since boot; with the pid it names the process for good
     */
    public record Member(int pid, long startTime) {}

    public Ties {
        members = List.copyOf(members);
    }

    /** Those of patches that come together, in one process. */
    public static Ties of(long transaction) {
        return new Ties(transaction, 0, Mark.OPEN, 0, List.of(), true);
    }

    /** Those of patches that come together, in several processes. */
    public static Ties of(long transaction, long namespace, List<Member> members) {
        return new Ties(transaction, 0, Mark.OPEN, namespace, members, true);
    }

    /** Whether other processes have a say. */
    public boolean isOfSeveral() {
        return !members.isEmpty();
    }

    /** Whether a record with these is of the very transaction that one with the others is of: same number, same processes. */
    public boolean isOfSameAs(Ties other) {
        return isOfSeveral() && transaction == other.transaction && namespace == other.namespace
                && members.equals(other.members);
    }
}
