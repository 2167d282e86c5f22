package dev.pulpo.engine.load;

import dev.pulpo.engine.PatchPlan;
import dev.pulpo.engine.target.ProcessImage;
import java.io.IOException;

/** Checks a plan against debug information. */
@FunctionalInterface
public interface PlanCheck {
    /**
     * The plan with further refusals.
     *
     * @throws IOException where the patch cannot be read
     */
    PatchPlan check(ProcessImage image, PatchPlan plan) throws IOException;
}
