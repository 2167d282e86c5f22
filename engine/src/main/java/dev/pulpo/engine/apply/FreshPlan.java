package dev.pulpo.engine.apply;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.plan.Planner;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.util.HashMap;
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
     * Makes it.
     *
     * @param checks made where functions have become known by asking; those of all others are over
     * @throws RefusedException where there are reasons against it
     */
    PatchPlan make(PlanCheck checks) throws IOException {
        PatchPlan fresh = planned(Map.of());
        boolean asks = !plan.unresolved().isEmpty() || !fresh.unresolved().isEmpty();
        if (fresh.isApplicable() && !fresh.unresolved().isEmpty()) {
            fresh = planned(answers(fresh));
        }
        if (fresh.isApplicable() && asks) {
            fresh = checks.check(session.image(), fresh);
        }
        if (!fresh.isApplicable()) {
            throw new RefusedException(plan.pid(), fresh.refusals());
        }
        if (!fresh.id().equals(plan.id()) || !fresh.target().equals(plan.target())
                || fresh.functions().size() != plan.functions().size() + plan.unresolved().size()
                || !fresh.leaving().equals(plan.leaving())) {
            throw new RefusedException(plan.pid(), new Refusal.PlanOutdated("the patch or its target has changed"));
        }
        return fresh;
    }

    private PatchPlan planned(Map<RemoteAddress, RemoteAddress> answers) throws IOException {
        return new Planner(session.image(), session.memory(), Optional.of(registry), answers)
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
