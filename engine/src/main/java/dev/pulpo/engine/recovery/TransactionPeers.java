package dev.pulpo.engine.recovery;

import dev.pulpo.engine.commit.Warmup;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.LockWait;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.engine.target.TargetLock;
import dev.pulpo.engine.target.Tracee;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The other processes of a transaction, as a tool sees them that finds one process undecided. The first tool holds the
 * locks of all members until it has told each of them, so a tool that gets one of these locks knows that the first tool
 * has ended. The commit mark is written to the first member before any other. So if no living member has a mark, none
 * was written, or none that was reported to anyone, and the transaction is undone everywhere. One mark is enough to
 * complete it everywhere.
 *
 * <p>A record is memory of the process, and can name any process. So a named process counts as a member only if a
 * record in its own registry has the same number and the same processes. Until that is read, the process is neither
 * locked, stopped nor believed. A member without a record has nothing to say, and nothing to recover. All this is
 * limited in time. A process that could not be asked in time makes the transaction undecided.
 */
public final class TransactionPeers {
    private static final Duration ASKING_TIME = Duration.ofSeconds(2);
    private static final Duration RECOVERING_TIME = Duration.ofSeconds(10);
    private static final int MOST_NAMED = 64;
    private static final long ONE_PEER_NANOS = Duration.ofSeconds(1).toNanos();

    private TransactionPeers() {}

    /**
     * Asks whether one of the others knows that a transaction stays. The predicate throws a {@link RefusedException}
     * where that cannot be found out, or another tool still works on the transaction.
     *
     * @param pid       the process that asks; its lock is held
     * @param startTime of that process
     */
    static Predicate<TransactionLink> asking(int pid, long startTime) {
        RecoveryBudget budget = new RecoveryBudget(ASKING_TIME);
        return link -> isDecided(pid, startTime, link, budget);
    }

    private static boolean isDecided(int pid, long startTime, TransactionLink link, RecoveryBudget budget) {
        TransactionLink.Member self = new TransactionLink.Member(pid, startTime);
        LivePeers members = LivePeers.of(pid, link, budget);
        List<String> unknown = new ArrayList<>(members.hidden());
        boolean locked = members.present().contains(self);
        for (TransactionLink.Member member : members.present()) {
            if (budget.isOver()) {
                unknown.add(about(member, budget.reason()));
                break;
            }
            if (!member.equals(self)) {
                try {
                    PeerTestimony testimony = PeerTestimony.of(member, link);
                    if (testimony.isMember() && !locked) {
                        // The process that asks is a copy, made by fork. Its lock does not show that the tool has
                        // ended; this one does.
                        locked = true;
                        TargetLock.of(member.pid()).close();
                        testimony = PeerTestimony.of(member, link);
                    }
                    if (testimony.isMarked()) {
                        return true;
                    }
                } catch (TargetGoneException gone) {
                    // It has just ended; its testimony no longer matters.
                } catch (RefusedException inUse) {
                    throw inUse;
                } catch (PulpoException | SystemCallException unreadable) {
                    unknown.add(about(member, String.valueOf(unreadable.getMessage())));
                }
            }
        }
        if (!unknown.isEmpty()) {
            throw undecided(pid, link, unknown);
        }
        return false;
    }

    /**
     * As {@link #asking}, for a caller that only looks at the process and holds no lock. What the others do not say
     * yet, or cannot be asked for, counts as undecided.
     */
    public static Predicate<TransactionLink> asSeenFrom(int pid, long startTime) {
        Predicate<TransactionLink> asking = asking(pid, startTime);
        return link -> {
            try {
                return asking.test(link);
            } catch (RefusedException unknown) {
                return false;
            }
        };
    }

    /** A record may name thousands; the message names some. */
    private static RefusedException undecided(int pid, TransactionLink link, List<String> reasons) {
        String more = reasons.size() > MOST_NAMED ? "; and " + (reasons.size() - MOST_NAMED) + " more" : "";
        return new RefusedException(pid, new Refusal.Undecided(
                link.members().stream().limit(MOST_NAMED).map(TransactionLink.Member::pid).toList(),
                String.join("; ", reasons.subList(0, Math.min(reasons.size(), MOST_NAMED))) + more));
    }

    private static String about(TransactionLink.Member member, String what) {
        String process = "process " + member.pid();
        return what.startsWith(process) ? what : process + ": " + what;
    }

    /**
     * Tells the other processes the outcome, by recovering each of them where possible. The next tool that works on one
     * of the rest recovers it.
     *
     * @param before the registry as it was found
     */
    static void recover(Session session, Registry before, Optional<Duration> maxPause) {
        Registry recovered = session.ledger().now();
        // A REVERTING patch came into force long before; its own transaction is over or unsettled.
        Stream<Registry.StoredRecord> open = before.halfDone().stream()
                .filter(record -> record.patch().state() != PatchRecord.State.REVERTING);
        Map<Long, TransactionLink> transactions = Stream.concat(open, recovered.unsettled().stream())
                .map(record -> record.patch().link()).filter(TransactionLink::isOfSeveral)
                .collect(Collectors.toMap(TransactionLink::transaction, Function.identity(), (first, second) -> first));
        RecoveryBudget budget = new RecoveryBudget(RECOVERING_TIME);
        for (TransactionLink link : transactions.values()) {
            List<Registry.StoredRecord> own = recovered.records().stream()
                    .filter(record -> record.patch().link().transaction() == link.transaction()).toList();
            boolean stays = own.stream().anyMatch(record -> record.patch().state() == PatchRecord.State.ACTIVE
                    || record.patch().link().mark() != TransactionLink.Mark.OPEN);
            if (stays) {
                own.forEach(record -> session.ledger().setMark(record, TransactionLink.Mark.DECIDED));
            }
            LivePeers members = LivePeers.of(session.pid(), link, budget);
            boolean all = members.hidden().isEmpty();
            for (TransactionLink.Member member : members.present()) {
                all &= member.equals(new TransactionLink.Member(session.pid(), session.image().startTime()))
                        || recover(session, link, member, maxPause, budget);
            }
            if (stays && all) {
                own.forEach(record -> session.ledger().setMark(record, TransactionLink.Mark.SETTLED));
            }
        }
    }

    /** Whether nothing is left to do there. */
    private static boolean recover(Session session, TransactionLink link, TransactionLink.Member member,
            Optional<Duration> maxPause,
            RecoveryBudget budget) {
        try {
            if (budget.isOver()) {
                return notRecovered(session, member, budget.reason());
            }
            if (PeerTestimony.of(member, link).isHalfDone()) {
                recover(member, maxPause, System.nanoTime() + Math.min(ONE_PEER_NANOS, budget.nanosLeft()));
            }
            return true;
        } catch (TargetGoneException gone) {
            return true;
        } catch (PulpoException | SystemCallException unreachable) {
            return notRecovered(session, member, String.valueOf(unreachable.getMessage()));
        }
    }

    private static void recover(TransactionLink.Member member, Optional<Duration> maxPause, long deadline) {
        try (TraceeMemory memory = PtraceAccess.openMemory(member.pid());
                Session other = Session.open(
                        new Tracee(member.pid(), member.startTime(), memory, LockWait.NONE, OperationListener.NONE),
                        deadline,
                        Warmup.begin())) {
            if (other.image().stub().isPresent()) {
                Recovery.ofProcess(other, maxPause);
            }
        }
    }

    private static boolean notRecovered(Session session, TransactionLink.Member member, String why) {
        session.message("a transaction with process " + member.pid()
                + " was left half done, and that process was not seen to: " + about(member, why));
        return false;
    }
}
