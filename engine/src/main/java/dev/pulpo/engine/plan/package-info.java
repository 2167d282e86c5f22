/**
 * Planning: {@link dev.pulpo.engine.plan.Planner} turns an image and a patch into a plan. It changes nothing.
 */
@NullMarked
package dev.pulpo.engine.plan;

import org.jspecify.annotations.NullMarked;
