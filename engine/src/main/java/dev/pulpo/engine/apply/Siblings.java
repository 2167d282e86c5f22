package dev.pulpo.engine.apply;

import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.engine.trace.Access;
import dev.pulpo.engine.trace.Exclusion;
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
 * The other processes of a transaction, in the eyes of a tool that finds one of them undecided. The tool that began it holds
 * the locks of all members until it has told each of them, so whoever has one of the locks knows that it has ended. A mark is
 * written to the first member before any other, so as long as no member that is left has one, none was written, or none that
 * anybody was told of: it is undone everywhere. One mark is enough for it to be completed everywhere.
 *
 * <p>A record is the process's own memory, and can name anybody. So a process that is named there is a member only if it says
 * so itself: a record in its own registry has the same number, and the same processes. Until that is read the process is
 * neither locked nor stopped nor believed. A member in which nothing was recorded yet has nothing to say, and nothing to be
 * recovered. For all this there is a limit of time; who could not be asked by then makes the transaction undecided.
 */
public final class Siblings {
    private static final Duration ASKING = Duration.ofSeconds(2);
    private static final Duration RECOVERING = Duration.ofSeconds(10);
    private static final int MOST_NAMED = 64;
    private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

    private Siblings() {}

    /**
     * Asks whether one of the others knows that a transaction stays. The answer is a {@link RefusedException} where that
     * cannot be found out, or another tool is still at it.
     *
     * @param pid       the process that asks; its lock is held
     * @param startTime of that process
     */
    static Predicate<Ties> asking(int pid, long startTime) {
        Patience patience = new Patience(ASKING);
        return ties -> isDecided(pid, startTime, ties, patience);
    }

    private static boolean isDecided(int pid, long startTime, Ties ties, Patience patience) {
        Ties.Member self = new Ties.Member(pid, startTime);
        Members members = Members.of(pid, ties, patience);
        List<String> unknown = new ArrayList<>(members.hidden());
        boolean locked = members.present().contains(self);
        for (Ties.Member member : members.present()) {
            if (patience.isOver()) {
                unknown.add(about(member, patience.reason()));
                break;
            }
            if (!member.equals(self)) {
                try {
                    Testimony testimony = Testimony.of(member, ties);
                    if (testimony.isMember() && !locked) {
                        // A copy, made by fork: nothing says yet that the tool has ended.
                        locked = true;
                        Exclusion.of(member.pid()).close();
                        testimony = Testimony.of(member, ties);
                    }
                    if (testimony.isMarked()) {
                        return true;
                    }
                } catch (TargetGoneException nobodyToAsk) {
                    // It has ended just now; what it knew counts for nothing.
                } catch (RefusedException inUse) {
                    throw inUse;
                } catch (PulpoException | SystemCallException unreadable) {
                    unknown.add(about(member, String.valueOf(unreadable.getMessage())));
                }
            }
        }
        if (!unknown.isEmpty()) {
            throw undecided(pid, ties, unknown);
        }
        return false;
    }

    /**
     * What the others say, for whoever only looks at a process, and holds no lock: where they say nothing yet, or cannot be
     * asked, it is taken for undecided.
     */
    public static Predicate<Ties> asSeenFrom(int pid, long startTime) {
        Predicate<Ties> asking = asking(pid, startTime);
        return ties -> {
            try {
                return asking.test(ties);
            } catch (RefusedException unknown) {
                return false;
            }
        };
    }

    /** A record may name thousands; a sentence names some. */
    private static RefusedException undecided(int pid, Ties ties, List<String> reasons) {
        String more = reasons.size() > MOST_NAMED ? "; and " + (reasons.size() - MOST_NAMED) + " more" : "";
        return new RefusedException(pid, new Refusal.Undecided(
                ties.members().stream().limit(MOST_NAMED).map(Ties.Member::pid).toList(),
                String.join("; ", reasons.subList(0, Math.min(reasons.size(), MOST_NAMED))) + more));
    }

    private static String about(Ties.Member member, String what) {
        String process = "process " + member.pid();
        return what.startsWith(process) ? what : process + ": " + what;
    }

    /**
     * Tells the others what has become of a transaction here, by recovering each of them as far as it can be had. What cannot
     * be had now is recovered by whoever works on it next.
     *
     * @param before    the registry as it was found
     * @param recovered as it is
     * @return as it is afterwards
     */
    static Registry seeTo(Session session, Registry before, Registry recovered, Optional<Duration> maxPause) {
        // What was REVERTING had come long before, and what it came with is over or unsettled.
        Stream<Registry.Entry> open = before.halfDone().stream()
                .filter(entry -> entry.patch().state() != PatchRecord.State.REVERTING);
        Map<Long, Ties> transactions = Stream.concat(open, recovered.unsettled().stream())
                .map(entry -> entry.patch().ties()).filter(Ties::isOfSeveral)
                .collect(Collectors.toMap(Ties::transaction, Function.identity(), (first, second) -> first));
        if (transactions.isEmpty()) {
            return recovered;
        }
        Patience patience = new Patience(RECOVERING);
        for (Ties ties : transactions.values()) {
            List<Registry.Entry> own = recovered.entries().stream()
                    .filter(entry -> entry.patch().ties().transaction() == ties.transaction()).toList();
            boolean stays = own.stream().anyMatch(entry -> entry.patch().state() == PatchRecord.State.ACTIVE
                    || entry.patch().ties().mark() != Ties.Mark.OPEN);
            if (stays) {
                own.forEach(entry -> Registry.setMark(session.memory(), entry, Ties.Mark.DECIDED));
            }
            Members members = Members.of(session.pid(), ties, patience);
            boolean all = members.hidden().isEmpty();
            for (Ties.Member member : members.present()) {
                all &= member.equals(new Ties.Member(session.pid(), session.image().startTime()))
                        || recover(session, ties, member, maxPause, patience);
            }
            if (stays && all) {
                own.forEach(entry -> Registry.setMark(session.memory(), entry, Ties.Mark.SETTLED));
            }
        }
        return session.readRegistry();
    }

    /** Whether nothing is left to be done there. */
    private static boolean recover(Session session, Ties ties, Ties.Member member, Optional<Duration> maxPause,
            Patience patience) {
        try {
            if (patience.isOver()) {
                return unseen(session, member, patience.reason());
            }
            if (Testimony.of(member, ties).isHalfDone()) {
                recover(member, maxPause, System.nanoTime() + Math.min(PATIENCE_NANOS, patience.nanosLeft()));
            }
            return true;
        } catch (TargetGoneException gone) {
            return true;
        } catch (PulpoException | SystemCallException unreachable) {
            return unseen(session, member, String.valueOf(unreachable.getMessage()));
        }
    }

    private static void recover(Ties.Member member, Optional<Duration> maxPause, long deadline) {
        try (TraceeMemory memory = Access.openMemory(member.pid());
                Session other = Session.open(member.pid(), member.startTime(), memory)) {
            if (other.image().stub().isPresent()) {
                Recovery.ofProcess(other, other.readRegistry(), maxPause, deadline);
            }
        }
    }

    private static boolean unseen(Session session, Ties.Member member, String why) {
        session.message("a transaction with process " + member.pid()
                + " was left half done, and that process was not seen to: " + about(member, why));
        return false;
    }
}
