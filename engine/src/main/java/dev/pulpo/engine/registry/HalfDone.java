package dev.pulpo.engine.registry;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What is to become of patches that were left half done, each as all that came or were to go with it: by recovery, and in the
 * eyes of a planner already before it.
 *
 * <ul>
 * <li>Patches that came together are undone, and those that were to go for them stay, unless the record of one says ACTIVE:
 * that is written when all code is.
 * <li>Where other processes had a say as well, they are asked, once all of this one are PENDING.
 * <li>Patches that were to go together stay where one is not REVERTING yet, for then no code has changed; else all go.
 * <li>Those that were to go from several processes have a {@linkplain PatchRecord#departure record} that stands for all of
 * them here, as if it were a patch that comes for them.
 * </ul>
 */
public final class HalfDone {
    private final Registry registry;
    private final Predicate<Ties> decided;
    private final Map<Long, Boolean> transactions = new HashMap<>();
    /** By the number of the transaction with which they came. */
    private final Map<Long, List<PatchRecord>> together = new HashMap<>();
    /** With which transactions patches in force were to go. */
    private final Set<Long> staying = new HashSet<>();

    /**
     * Bytes of a function that are to be given back.
     *
     * @param function the function
     * @param found    what is at its site
     * @param wanted   what belongs there; as many
     */
    @SuppressWarnings("ArrayRecordComponent") // made once, never compared
    public record Undo(FunctionRecord function, byte[] found, byte[] wanted) {}

    /**
     * What is to be done.
     *
     * @param decided    records whose mark is to say that it has been decided, before anything else is written: who told it
     *                   may have ended when it is asked for again
     * @param states     what half done records are to become, in the order in which that is to be written, behind all code
     * @param code       what is to be given back
     * @param afterwards the registry as it will be
     */
    public record Remedy(List<Registry.Entry> decided, Map<Registry.Entry, State> states, List<Undo> code,
            Registry afterwards) {
        public boolean isNeeded() {
            return !states.isEmpty();
        }
    }

    private HalfDone(Registry registry, Predicate<Ties> decided) {
        this.registry = registry;
        this.decided = decided;
        for (Registry.Entry entry : registry.entries()) {
            Ties ties = entry.patch().ties();
            together.computeIfAbsent(ties.transaction(), first -> new ArrayList<>(1)).add(entry.patch());
            if (entry.patch().state() == State.ACTIVE) {
                staying.add(ties.leaving());
            }
        }
    }

    /**
     * Finds out what is to be done about all patches that were left half done.
     *
     * @param memory  of the process
     * @param decided asks the other processes of a transaction whether it stays in force
     */
    public static Remedy of(Registry registry, TargetMemory memory, Predicate<Ties> decided) {
        HalfDone halfDone = new HalfDone(registry, decided);
        Map<Registry.Entry, State> goals = new LinkedHashMap<>();
        registry.halfDone().forEach(entry -> goals.put(entry, halfDone.goal(entry.patch())));
        return remedy(registry, memory, halfDone.unmarked(), goals);
    }

    /**
     * What is to be done to take patches back that are PENDING, and to have those back that were to go.
     *
     * @param memory of the process
     */
    public static Remedy undoing(Registry registry, TargetMemory memory, long transaction) {
        Map<Registry.Entry, State> goals = new LinkedHashMap<>();
        for (Registry.Entry entry : registry.halfDone()) {
            Ties ties = entry.patch().ties();
            if (entry.patch().state() == State.REVERTING && ties.leaving() == transaction) {
                goals.put(entry, State.ACTIVE);
            } else if (entry.patch().state() != State.REVERTING && ties.transaction() == transaction) {
                goals.put(entry, over(entry.patch()));
            }
        }
        return remedy(registry, memory, List.of(), goals);
    }

    /** What becomes of a record that is not to be in force. */
    private static State over(PatchRecord patch) {
        return patch.isDeparture() ? State.UNLOADED : State.REVERTED;
    }

    private static Remedy remedy(Registry registry, TargetMemory memory, List<Registry.Entry> decided,
            Map<Registry.Entry, State> goals) {
        // Those that stay come first: as long as one that goes is half done, all is known that has to be.
        Map<Registry.Entry, State> ordered = new LinkedHashMap<>();
        for (State state : List.of(State.ACTIVE, State.REVERTED, State.UNLOADED)) {
            goals.forEach((entry, goal) -> {
                if (goal == state) {
                    ordered.put(entry, goal);
                }
            });
        }
        Registry afterwards = registry.in(ordered);
        return new Remedy(decided, ordered, code(registry, afterwards, memory, ordered.keySet()), afterwards);
    }

    private State goal(PatchRecord patch) {
        Ties ties = patch.ties();
        if (patch.state() == State.REVERTING) {
            boolean stays = ties.leaving() != 0 && (isOpen(ties.leaving())
                    ? !isDecided(ties.leaving())
                    : staying.contains(ties.leaving()));
            return stays ? State.ACTIVE : State.REVERTED;
        }
        boolean stays = !patch.isDeparture() && ties.transaction() != 0 && isDecided(ties.transaction());
        return stays ? State.ACTIVE : over(patch);
    }

    /** What belongs to a transaction of several processes that was decided, and is not marked so. */
    private List<Registry.Entry> unmarked() {
        return registry.halfDone().stream().filter(entry -> entry.patch().state() != State.REVERTING)
                .filter(entry -> entry.patch().ties().isOfSeveral() && entry.patch().ties().mark() == Ties.Mark.OPEN
                        && isDecided(entry.patch().ties().transaction()))
                .toList();
    }

    private List<PatchRecord> of(long transaction) {
        return together.getOrDefault(transaction, List.of());
    }

    /** Whether a patch of this transaction has yet to come into force, or to stay in it. */
    private boolean isOpen(long transaction) {
        return of(transaction).stream()
                .anyMatch(patch -> patch.state() == State.PREPARED || patch.state() == State.PENDING);
    }

    private boolean isDecided(long transaction) {
        Boolean known = transactions.get(transaction);
        if (known != null) {
            return known;
        }
        List<PatchRecord> patches = of(transaction);
        boolean answer = patches.stream()
                .anyMatch(patch -> patch.state() == State.ACTIVE || patch.ties().mark() != Ties.Mark.OPEN)
                || patches.stream().allMatch(patch -> patch.state() == State.PENDING)
                        && decided.test(patches.getFirst().ties());
        transactions.put(transaction, answer);
        return answer;
    }

    private static List<Undo> code(Registry registry, Registry afterwards, TargetMemory memory,
            Set<Registry.Entry> entries) {
        Map<RemoteAddress, List<byte[]>> possible = possible(registry);
        Set<RemoteAddress> seen = new HashSet<>();
        List<Undo> undoing = new ArrayList<>();
        for (Registry.Entry entry : entries) {
            for (FunctionRecord function : entry.patch().functions()) {
                if (seen.add(function.entry())) {
                    byte[] wanted = afterwards.inForce(function.entry()).map(FunctionRecord::detour)
                            .orElseGet(function::original);
                    read(memory, function, wanted.length)
                            .filter(found -> !Arrays.equals(found, wanted)
                                    && isOurs(found, possible.getOrDefault(function.entry(), List.of())))
                            .ifPresent(found -> undoing.add(new Undo(function, found, wanted)));
                }
            }
        }
        return List.copyOf(undoing);
    }

    /** What may be found at the entries of functions, by what is recorded: it is any of these, or a part of one and of another. */
    private static Map<RemoteAddress, List<byte[]>> possible(Registry registry) {
        Map<RemoteAddress, List<byte[]>> possible = new HashMap<>();
        for (Registry.Entry entry : registry.entries()) {
            if (entry.patch().state() == State.ACTIVE || entry.patch().state().isHalfDone()) {
                for (FunctionRecord function : entry.patch().functions()) {
                    List<byte[]> bytes = possible.computeIfAbsent(function.entry(), first -> new ArrayList<>());
                    bytes.add(function.detour());
                    bytes.add(function.original());
                }
            }
        }
        return possible;
    }

    private static Optional<byte[]> read(TargetMemory memory, FunctionRecord function, int length) {
        try {
            return Optional.of(memory.bytes(function.site(), length));
        } catch (SystemCallException unmapped) {
            // The object has been closed since; there is nothing to take back.
            return Optional.empty();
        }
    }

    /** Whether tools have written this: all of a detour, or a part of it, where one was killed in the middle. */
    private static boolean isOurs(byte[] found, List<byte[]> possible) {
        for (int i = 0; i < found.length; i++) {
            int at = i;
            if (possible.stream().noneMatch(bytes -> at < bytes.length && bytes[at] == found[at])) {
                return false;
            }
        }
        return true;
    }
}
