package dev.pulpo.engine.recovery;

import dev.pulpo.elf.BuildId;
import dev.pulpo.engine.registry.EntryState;
import dev.pulpo.engine.registry.FunctionRecord;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.x86.ThreadGate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Stale records: the target object was unloaded, and perhaps loaded again, after the patch was applied. The code is
 * new, and nothing leads to the patch any more. Such records become REVERTED before any decision is based on them.
 * Otherwise a later revert would restore their detours.
 */
public final class StalePatches {
    private StalePatches() {}

    /**
     * Marks them.
     *
     * @param spared patches that the caller handles
     */
    public static void retire(Session session, List<Registry.StoredRecord> spared) {
        Registry registry = session.ledger().now();
        List<Registry.StoredRecord> active = registry.active();
        List<Registry.StoredRecord> candidates = new ArrayList<>(active);
        registry.transition().ifPresent(candidates::add);
        Map<RemoteAddress, List<FunctionRecord>> bySite = active.stream()
                .flatMap(record -> record.patch().functions().stream())
                .collect(Collectors.groupingBy(FunctionRecord::site));
        for (Registry.StoredRecord record : candidates) {
            if (!spared.contains(record) && !record.patch().functions().isEmpty() && record.patch().functions().stream()
                    .allMatch(function -> isGone(session, bySite, record.patch(), function))) {
                session.ledger().setState(record, PatchRecord.State.REVERTED);
                session.message(
                        "patch " + record.patch().id().shortForm() + " is out of force: " + record.patch().target()
                                + " was closed since");
            }
        }
    }

    /**
     * Whether threads change back from it: then the original bytes may be there although the object was not loaded
     * anew.
     */
    private static boolean isReverting(Session session, PatchRecord patch) {
        return patch.state() == PatchRecord.State.TRANSITION
                && session.memory().bytes(patch.mode(), 1)[0] == ThreadGate.TO_OLD;
    }

    private static boolean isGone(Session session, Map<RemoteAddress, List<FunctionRecord>> bySite, PatchRecord patch,
            FunctionRecord function) {
        Optional<LoadedObject> object = session.image().containing(function.site());
        if (object.isEmpty() || !object.get().elf().buildId().map(BuildId::hex).orElse("").equals(patch.buildId())) {
            return true;
        }
        return switch (EntryState.of(session.memory(), function)) {
            case UNMAPPED -> true;
            case ORIGINAL -> !isReverting(session, patch) && bySite.getOrDefault(function.site(), List.of()).stream()
                    .noneMatch(other -> EntryState.of(session.memory(), other) == EntryState.DETOUR);
            case DETOUR, GATE, OTHER -> false;
        };
    }
}
