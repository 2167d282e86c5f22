package dev.pulpo.engine.recovery;

import dev.pulpo.engine.target.CorrectedMemory;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
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
 * Decides what becomes of half-done patches, by transaction. Recovery and planning use it.
 *
 * <ul>
 * <li>Patches of one transaction are undone, and the patches they were to replace stay, unless the record of one is
 * ACTIVE: that is written after all code.
 * <li>If other processes take part, they are asked, once all records of this process are PENDING.
 * <li>Patches that were to go together stay if one is not REVERTING yet, because no code has changed then; otherwise
 * all go.
 * <li>A removal from several processes has a {@linkplain dev.pulpo.engine.registry.PatchRecord#forRemoval record} that
 * stands for all patches that go from this process, as if it were a patch that replaces them.
 * </ul>
 */
public final class RecoveryRules {
    private final Registry registry;
    private final Predicate<TransactionLink> decided;
    private final Map<Long, Boolean> transactions = new HashMap<>();
    /** Patches by the transaction that applied them. */
    private final Map<Long, List<PatchRecord>> together = new HashMap<>();
    /** Transactions that were to remove patches that are in force. */
    private final Set<Long> staying = new HashSet<>();

    /**
     * Bytes of a function to restore.
     *
     * @param function the function
     * @param found    the bytes at its site
     * @param wanted   the bytes that belong there; as many
     */
    @SuppressWarnings("ArrayRecordComponent") // made once, never compared
    public record Undo(FunctionRecord function, byte[] found, byte[] wanted) {}

    /**
     * What recovery has to do.
     *
     * @param decided    records to mark DECIDED before anything else is written: the process that knew the decision may
     *                   have ended when it is asked again
     * @param states     the new states of half-done records, in the order of writing, after all code
     * @param code       the bytes to restore
     * @param afterwards the registry after recovery
     */
    public record Remedy(List<Registry.StoredRecord> decided, Map<Registry.StoredRecord, State> states, List<Undo> code,
            Registry afterwards) {
        public boolean isNeeded() {
            return !states.isEmpty();
        }

        /** The memory after recovery: a plan must not be refused for the bytes of a dead tool. */
        public TargetMemory memoryAfterwards(TargetMemory memory) {
            CorrectedMemory corrected = new CorrectedMemory(memory);
            code.forEach(undo -> corrected.add(undo.function().site(), undo.wanted()));
            return corrected;
        }
    }

    private RecoveryRules(Registry registry, Predicate<TransactionLink> decided) {
        this.registry = registry;
        this.decided = decided;
        for (Registry.StoredRecord record : registry.records()) {
            TransactionLink link = record.patch().link();
            together.computeIfAbsent(link.transaction(), first -> new ArrayList<>(1)).add(record.patch());
            if (record.patch().state() == State.ACTIVE) {
                staying.add(link.removedBy());
            }
        }
    }

    /**
     * Finds the remedy for all half-done patches.
     *
     * @param memory  of the process
     * @param decided asks the other processes of a transaction whether it stays in force
     */
    public static Remedy of(Registry registry, TargetMemory memory, Predicate<TransactionLink> decided) {
        RecoveryRules halfDone = new RecoveryRules(registry, decided);
        Map<Registry.StoredRecord, State> goals = new LinkedHashMap<>();
        registry.halfDone().forEach(record -> goals.put(record, halfDone.goal(record.patch())));
        return remedy(registry, memory, halfDone.unmarked(), goals);
    }

    /**
     * Finds the remedy that takes back PENDING patches, and restores the patches they were to replace.
     *
     * @param memory of the process
     */
    public static Remedy undoing(Registry registry, TargetMemory memory, long transaction) {
        Map<Registry.StoredRecord, State> goals = new LinkedHashMap<>();
        for (Registry.StoredRecord record : registry.halfDone()) {
            TransactionLink link = record.patch().link();
            if (record.patch().state() == State.REVERTING && link.removedBy() == transaction) {
                goals.put(record, State.ACTIVE);
            } else if (record.patch().state() != State.REVERTING && link.transaction() == transaction) {
                goals.put(record, endState(record.patch()));
            }
        }
        return remedy(registry, memory, List.of(), goals);
    }

    /** The state of a record that is not to be in force. */
    private static State endState(PatchRecord patch) {
        return patch.standsForRemoval() ? State.UNLOADED : State.REVERTED;
    }

    private static Remedy remedy(Registry registry, TargetMemory memory, List<Registry.StoredRecord> decided,
            Map<Registry.StoredRecord, State> goals) {
        // Patches that stay come first: while a patch that goes is still half done, its record holds all that recovery
        // needs.
        Map<Registry.StoredRecord, State> ordered = new LinkedHashMap<>();
        for (State state : List.of(State.ACTIVE, State.REVERTED, State.UNLOADED)) {
            goals.forEach((record, goal) -> {
                if (goal == state) {
                    ordered.put(record, goal);
                }
            });
        }
        Registry afterwards = registry.in(ordered);
        return new Remedy(decided, ordered, code(registry, afterwards, memory, ordered.keySet()), afterwards);
    }

    private State goal(PatchRecord patch) {
        TransactionLink link = patch.link();
        if (patch.state() == State.REVERTING) {
            boolean stays = link.removedBy() != 0 && (isOpen(link.removedBy())
                    ? !isDecided(link.removedBy())
                    : staying.contains(link.removedBy()));
            return stays ? State.ACTIVE : State.REVERTED;
        }
        boolean stays = !patch.standsForRemoval() && link.transaction() != 0 && isDecided(link.transaction());
        return stays ? State.ACTIVE : endState(patch);
    }

    /** Records of decided transactions of several processes that lack the commit mark. */
    private List<Registry.StoredRecord> unmarked() {
        return registry.halfDone().stream().filter(record -> record.patch().state() != State.REVERTING)
                .filter(record -> record.patch().link().isOfSeveral()
                        && record.patch().link().mark() == TransactionLink.Mark.OPEN
                        && isDecided(record.patch().link().transaction()))
                .toList();
    }

    private List<PatchRecord> of(long transaction) {
        return together.getOrDefault(transaction, List.of());
    }

    /** Whether a patch of this transaction is still PREPARED or PENDING. */
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
                .anyMatch(patch -> patch.state() == State.ACTIVE || patch.link().mark() != TransactionLink.Mark.OPEN)
                || patches.stream().allMatch(patch -> patch.state() == State.PENDING)
                        && decided.test(patches.getFirst().link());
        transactions.put(transaction, answer);
        return answer;
    }

    private static List<Undo> code(Registry registry, Registry afterwards, TargetMemory memory,
            Set<Registry.StoredRecord> records) {
        Map<RemoteAddress, List<byte[]>> possible = possible(registry);
        Set<RemoteAddress> seen = new HashSet<>();
        List<Undo> undoing = new ArrayList<>();
        for (Registry.StoredRecord record : records) {
            for (FunctionRecord function : record.patch().functions()) {
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

    /** The bytes that tools may have left at each entry: any of these, or a part of one and a part of another. */
    private static Map<RemoteAddress, List<byte[]>> possible(Registry registry) {
        Map<RemoteAddress, List<byte[]>> possible = new HashMap<>();
        for (Registry.StoredRecord record : registry.records()) {
            if (record.patch().state() == State.ACTIVE || record.patch().state().isHalfDone()) {
                for (FunctionRecord function : record.patch().functions()) {
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
            // The object has been unloaded since; there is nothing to restore.
            return Optional.empty();
        }
    }

    /** Whether tools wrote these bytes: a whole detour, or a part of one if the tool was killed while it wrote. */
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
