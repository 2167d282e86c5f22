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

/** Plans that come into force in the same stop as another, and before it where they concern the same. */
final class Predecessors {
    private final List<PatchPlan> plans;
    private final Set<PatchId> ids;
    private final Set<PatchId> leaving = new HashSet<>();
    private final Map<RemoteAddress, Integer> rooms = new HashMap<>();

    Predecessors(List<PatchPlan> plans) {
        this.plans = List.copyOf(plans);
        ids = plans.stream().map(PatchPlan::id).collect(Collectors.toSet());
        for (PatchPlan plan : plans) {
            leaving.addAll(plan.leaving());
            for (PlannedFunction function : plan.functions()) {
                rooms.putIfAbsent(function.entry(), function.original().length() / 2);
            }
        }
    }

    /** Whether this patch is among them. */
    boolean has(PatchId id) {
        return ids.contains(id);
    }

    /** Whether a patch goes when they come. */
    boolean replaces(PatchId id) {
        return leaving.contains(id);
    }

    /** Whether a patch goes when they come. */
    boolean replaces(Registry.Entry entry) {
        return replaces(entry.patch().id());
    }

    /** How many bytes of a function they overwrite. */
    OptionalInt room(RemoteAddress entry) {
        Integer room = rooms.get(entry);
        return room == null ? OptionalInt.empty() : OptionalInt.of(room);
    }

    /**
     * Reasons against taking patches back: they depend on them.
     *
     * @param id of the patch that comes then
     */
    List<Refusal> needing(List<Registry.Entry> others, PatchId id) {
        Set<PatchId> going = others.stream().map(entry -> entry.patch().id())
                .filter(other -> !other.equals(id) && !has(other)).collect(Collectors.toSet());
        return plans.stream().flatMap(plan -> Neighbours
                .missing(plan.id(), plan.patch().dependencies(), dependency -> !going.contains(dependency)).stream())
                .toList();
    }
}
