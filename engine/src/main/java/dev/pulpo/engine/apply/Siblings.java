package dev.pulpo.engine.apply;

import dev.pulpo.engine.PulpoException;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.ProcessImage;
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
 */
public final class Siblings {
    private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

    private Siblings() {}

    /**
     * Whether one of the others knows that a transaction stays.
     *
     * @param pid       the process that asks; its lock is held
     * @param startTime of that process
     * @throws RefusedException where that cannot be found out, or another tool is still at it
     */
    static boolean isDecided(int pid, long startTime, Ties ties) {
        Ties.Member self = new Ties.Member(pid, startTime);
        Members members = Members.of(pid, ties);
        List<String> unknown = new ArrayList<>(members.hidden());
        boolean locked = members.present().contains(self);
        for (Ties.Member member : members.present()) {
            if (!member.equals(self)) {
                try {
                    if (!locked) {
                        // A copy, made by fork: nothing says yet that the tool has ended.
                        locked = true;
                        Exclusion.of(member.pid()).close();
                    }
                    if (marks(member, ties.transaction())) {
                        return true;
                    }
                } catch (TargetGoneException nobodyToAsk) {
                    // It has ended just now; what it knew counts for nothing.
                } catch (RefusedException inUse) {
                    throw inUse;
                } catch (PulpoException | SystemCallException unreadable) {
                    unknown.add(about(member, unreadable));
                }
            }
        }
        if (!unknown.isEmpty()) {
            throw undecided(pid, ties, String.join("; ", unknown));
        }
        return false;
    }

    /**
     * What the others say, for whoever only looks at a process, and holds no lock: where they say nothing yet, or cannot be
     * asked, it is taken for undecided.
     */
    public static Predicate<Ties> asSeenFrom(int pid, long startTime) {
        return ties -> {
            try {
                return isDecided(pid, startTime, ties);
            } catch (RefusedException unknown) {
                return false;
            }
        };
    }

    private static RefusedException undecided(int pid, Ties ties, String reason) {
        return new RefusedException(pid, new Refusal.Undecided(
                ties.members().stream().map(Ties.Member::pid).toList(), reason));
    }

    private static String about(Ties.Member member, RuntimeException failure) {
        String process = "process " + member.pid();
        String message = String.valueOf(failure.getMessage());
        return message.startsWith(process) ? message : process + ": " + message;
    }

    private static boolean marks(Ties.Member member, long transaction) {
        try (TraceeMemory memory = Access.openMemory(member.pid())) {
            return ProcessImage.read(member.pid(), memory).stub().stream()
                    .flatMap(stub -> Registry.read(member.pid(), memory, stub).entries().stream())
                    .map(entry -> entry.patch().ties())
                    .anyMatch(ties -> ties.transaction() == transaction && ties.mark() != Ties.Mark.OPEN);
        }
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
        for (Ties ties : transactions.values()) {
            List<Registry.Entry> own = recovered.entries().stream()
                    .filter(entry -> entry.patch().ties().transaction() == ties.transaction()).toList();
            boolean stays = own.stream().anyMatch(entry -> entry.patch().state() == PatchRecord.State.ACTIVE
                    || entry.patch().ties().mark() != Ties.Mark.OPEN);
            if (stays) {
                own.forEach(entry -> Registry.setMark(session.memory(), entry, Ties.Mark.DECIDED));
            }
            Members members = Members.of(session.pid(), ties);
            boolean all = members.hidden().isEmpty();
            for (Ties.Member member : members.present()) {
                all &= member.equals(new Ties.Member(session.pid(), session.image().startTime()))
                        || recover(session, member, maxPause);
            }
            if (stays && all) {
                own.forEach(entry -> Registry.setMark(session.memory(), entry, Ties.Mark.SETTLED));
            }
        }
        return session.readRegistry();
    }

    /** Whether nothing is left to be done there. */
    private static boolean recover(Session session, Ties.Member member, Optional<Duration> maxPause) {
        try (TraceeMemory memory = Access.openMemory(member.pid());
                Session other = Session.open(member.pid(), member.startTime(), memory)) {
            if (other.image().stub().isPresent()) {
                Recovery.ofProcess(other, other.readRegistry(), maxPause, System.nanoTime() + PATIENCE_NANOS);
            }
            return true;
        } catch (TargetGoneException gone) {
            return true;
        } catch (PulpoException | SystemCallException unreachable) {
            session.message("a transaction with process " + member.pid()
                    + " was left half done, and that process was not seen to: " + about(member, unreachable));
            return false;
        }
    }
}
