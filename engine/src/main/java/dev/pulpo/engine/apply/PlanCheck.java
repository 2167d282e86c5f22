package dev.pulpo.engine.apply;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.image.ProcessImage;
import java.io.IOException;

/** What debug information has to say against a plan. */
@FunctionalInterface
public interface PlanCheck {
    /**
     * The plan with that among its refusals.
     *
     * @throws IOException where the patch cannot be read
     */
    PatchPlan check(ProcessImage image, PatchPlan plan) throws IOException;
}
