package dev.pulpo.engine.registry;

import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Links a patch to others that come into force with it, or go out of force with it. A tool that finds some of them half done
 * learns from it what to do about all.
 *
 * @param transaction number of the transaction that applied the patch; 0 for none
 * @param removedBy   number of the transaction that removes it, or was to remove it last; 0 for none
 * @param mark        what this process knows of a transaction of several processes
 * @param namespace   PID namespace of the members' ids, as the inode number of its file; 0 without members
 * @param members     the processes of the transaction, first the one whose mark is written first; empty for a transaction of
 *                    one process
 * @param kept        whether the record has these fields; records of older formats lack them
 */
public record TransactionLink(long transaction, long removedBy, Mark mark, long namespace, List<Member> members,
        boolean kept) {
    /** The limit of a transaction's processes. */
    public static final int MOST_MEMBERS = 16_384;

    /** Of a patch without a transaction. */
    public static final TransactionLink NONE = new TransactionLink(0, 0, Mark.OPEN, 0, List.of(), true);

    /** Of a record of an older format. */
    static final TransactionLink OLD = new TransactionLink(0, 0, Mark.OPEN, 0, List.of(), false);

    /** The commit mark. The numbers are part of the format. */
    public enum Mark {
        /** Undecided, as far as this process knows. If all living members say so, the transaction is undone. */
        OPEN(0),
        /** All processes have the change, and it stays. */
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
     * @param startTime in clock ticks since boot; with the pid it identifies the process
     */
    public record Member(int pid, long startTime) {}

    public TransactionLink {
        members = List.copyOf(members);
    }

    /** A random number for a transaction. */
    public static long newNumber() {
        long number;
        do {
            number = ThreadLocalRandom.current().nextLong();
        } while (number == 0);
        return number;
    }

    /** For patches that come into force together in one process. */
    public static TransactionLink of(long transaction) {
        return new TransactionLink(transaction, 0, Mark.OPEN, 0, List.of(), true);
    }

    /** For patches that come into force together in several processes. */
    public static TransactionLink of(long transaction, long namespace, List<Member> members) {
        return new TransactionLink(transaction, 0, Mark.OPEN, namespace, members, true);
    }

    /** Whether the transaction has several processes. */
    public boolean isOfSeveral() {
        return !members.isEmpty();
    }

    /** Whether both are of the same transaction of several processes: same number, same members. */
    public boolean isOfSameAs(TransactionLink other) {
        return isOfSeveral() && transaction == other.transaction && namespace == other.namespace
                && members.equals(other.members);
    }
}
