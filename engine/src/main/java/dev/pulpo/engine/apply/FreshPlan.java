package dev.pulpo.engine.apply;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.inspect.KnownCode;
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
 * @param registry of the process, with nothing half done
 * @param plan     that is to be applied
 * @param earlier  the plans that it stacks upon
 * @param deadline for asking, on the scale of {@link System#nanoTime}
 */
record FreshPlan(Session session, Registry registry, PatchPlan plan, List<PatchPlan> earlier, long deadline) {
    /** Makes it, with all functions known, or with reasons against it. */
    PatchPlan make() throws IOException {
        PatchPlan fresh = planned(Map.of());
        boolean asks = !plan.unresolved().isEmpty() || !fresh.unresolved().isEmpty();
        if (fresh.isApplicable() && !fresh.unresolved().isEmpty()) {
            fresh = planned(answers(fresh));
        }
        return asks ? checked(fresh) : fresh;
    }

    private PatchPlan planned(Map<RemoteAddress, RemoteAddress> answers) throws IOException {
        return new Planner(session.image(), session.memory(), Optional.of(registry)).behind(earlier).knowing(answers)
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

    /** The checks of all functions that were known before are over. */
    private PatchPlan checked(PatchPlan fresh) throws IOException {
        try (KnownCode code = new KnownCode()) {
            return code.checked(session.image(), fresh);
        }
    }
}
