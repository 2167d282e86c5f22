package dev.pulpo.engine.load;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.plan.Planner;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Plans again when a plan is applied. Where the plan left open which function an indirect one stands for, the target's
 * resolver is called now.
 *
 * @param plan to apply
 */
public record FreshPlan(PatchPlan plan, Session session) {
    /**
     * Makes the plan; it may contain refusals.
     *
     * @param checks for functions that resolvers have yielded; all others have been checked
     * @param before fresh plans that come into force in the same stop, before this one
     * @param after  patches that come on top of it in the same stop
     */
    public PatchPlan make(PlanCheck checks, List<PatchPlan> before, List<PatchId> after) throws IOException {
        PatchPlan fresh = planned(Map.of(), before, after);
        boolean asks = !plan.unresolved().isEmpty() || !fresh.unresolved().isEmpty();
        if (fresh.isApplicable() && !fresh.unresolved().isEmpty()) {
            fresh = planned(answers(fresh), before, after);
        }
        return fresh.isApplicable() && asks ? checks.check(session.image(), fresh) : fresh;
    }

    /** Whether two plans agree. */
    public static boolean isOf(PatchPlan then, PatchPlan now) {
        return now.id().equals(then.id()) && now.target().equals(then.target())
                && now.functions().size() == then.functions().size() + then.unresolved().size()
                && now.leaving().equals(then.leaving());
    }

    private PatchPlan planned(Map<RemoteAddress, RemoteAddress> answers, List<PatchPlan> before, List<PatchId> after)
            throws IOException {
        return new Planner(session.image(), session.memory(), Optional.of(session.ledger().now())).after(before)
                .below(after).resolving(answers).plan(plan.patch(), plan.instead());
    }

    /** Calls the resolvers on a borrowed thread. */
    private Map<RemoteAddress, RemoteAddress> answers(PatchPlan fresh) {
        LoadedObject target = session.object(fresh.target());
        return session.borrowing(calls -> {
            Map<RemoteAddress, RemoteAddress> chosen = new HashMap<>();
            fresh.unresolved().forEach(function -> chosen.computeIfAbsent(function.resolver(),
                    resolver -> calls.resolve(target.bias(), resolver)));
            return chosen;
        });
    }
}
