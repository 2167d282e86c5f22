package dev.pulpo.engine.plan;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.PlannedFunction;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/** Plans that come into force in the same stop, before this one. */
final class Predecessors {
    private final List<PatchPlan> plans;
    private final Set<PatchId> ids;
    private final Set<PatchId> superseded = new HashSet<>();
    private final Map<RemoteAddress, Integer> rooms = new HashMap<>();

    Predecessors(List<PatchPlan> plans) {
        this.plans = List.copyOf(plans);
        ids = plans.stream().map(PatchPlan::id).collect(Collectors.toSet());
        for (PatchPlan plan : plans) {
            superseded.addAll(plan.leaving());
            for (PlannedFunction function : plan.functions()) {
                rooms.putIfAbsent(function.entry(), function.original().length());
            }
        }
    }

    List<PatchPlan> plans() {
        return plans;
    }

    boolean has(PatchId id) {
        return ids.contains(id);
    }

    /** Whether they remove a patch. */
    boolean replaces(PatchId id) {
        return superseded.contains(id);
    }

    /** Whether they remove a patch. */
    boolean replaces(Registry.StoredRecord record) {
        return replaces(record.patch().id());
    }

    /** How many bytes of a function they overwrite. */
    OptionalInt room(RemoteAddress entry) {
        Integer room = rooms.get(entry);
        return room == null ? OptionalInt.empty() : OptionalInt.of(room);
    }

    /**
     * Refusals to remove patches: these plans depend on them.
     *
     * @param id of the patch that replaces the removed ones
     */
    List<Refusal> needing(List<Registry.StoredRecord> others, PatchId id) {
        Set<PatchId> removed = others.stream().map(record -> record.patch().id())
                .filter(other -> !other.equals(id) && !has(other)).collect(Collectors.toSet());
        return plans.stream().flatMap(plan -> PatchRelations
                .missing(plan.id(), plan.patch().dependencies(), dependency -> !removed.contains(dependency)).stream())
                .toList();
    }
}
