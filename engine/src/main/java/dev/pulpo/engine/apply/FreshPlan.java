package dev.pulpo.engine.apply;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.plan.Planner;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A plan made once more when it is applied. Where it left open which function an indirect one stands for, its resolver is
 * asked now.
 *
 * @param plan     that is to be applied
 * @param registry of the process
 * @param deadline for asking, on the scale of {@link System#nanoTime}
 */
record FreshPlan(PatchPlan plan, Session session, Registry registry, long deadline) {
    /**
     * Makes it; there may be reasons against it.
     *
     * @param checks made where functions have become known by asking; those of all others are over
     * @param before plans that come into force in the same stop, as far as they have been made anew
     */
    PatchPlan make(PlanCheck checks, List<PatchPlan> before) throws IOException {
        PatchPlan fresh = planned(Map.of(), before);
        boolean asks = !plan.unresolved().isEmpty() || !fresh.unresolved().isEmpty();
        if (fresh.isApplicable() && !fresh.unresolved().isEmpty()) {
            fresh = planned(answers(fresh), before);
        }
        return fresh.isApplicable() && asks ? checks.check(session.image(), fresh) : fresh;
    }

    /** Whether a plan that was made once more says what it said before. */
    static boolean isOf(PatchPlan then, PatchPlan now) {
        return now.id().equals(then.id()) && now.target().equals(then.target())
                && now.functions().size() == then.functions().size() + then.unresolved().size()
                && now.leaving().equals(then.leaving());
    }

    private PatchPlan planned(Map<RemoteAddress, RemoteAddress> answers, List<PatchPlan> before)
            throws IOException {
        return new Planner(session.image(), session.memory(), Optional.of(registry)).behind(before).knowing(answers)
                .plan(plan.patch(), plan.instead());
    }

    /** What resolvers choose. */
    private Map<RemoteAddress, RemoteAddress> answers(PatchPlan fresh) {
        LoadedObject target = session.object(fresh.target());
        return session.borrowing(registry, deadline, calls -> {
            Map<RemoteAddress, RemoteAddress> chosen = new HashMap<>();
            fresh.unresolved().forEach(function -> chosen.computeIfAbsent(function.resolver(),
                    resolver -> calls.resolve(target.bias(), resolver)));
            return chosen;
        });
    }
}
