/**
 * Live patching of running processes. Data flows one way, each step a value:
 *
 * <pre>
 *   file, process → image → plan → (load) → stop and commit → outcome
 *                  .image   .plan   .trace    .apply
 * </pre>
 *
 * <p>In reading order:
 * <ol>
 * <li>{@link dev.pulpo.engine.LiveProcess}: where everything begins; {@link dev.pulpo.engine.ProcessFilter}: many of them;
 * {@link dev.pulpo.engine.Library}: what one has loaded;
 * <li>{@link dev.pulpo.engine.LivePatch}, {@link dev.pulpo.engine.Replacement}, {@link dev.pulpo.engine.PatchId}: what to
 * apply; {@link dev.pulpo.engine.Consistency}: when;
 * <li>{@link dev.pulpo.engine.PatchPlan}, {@link dev.pulpo.engine.PlannedFunction}, {@link dev.pulpo.engine.UnresolvedFunction},
 * {@link dev.pulpo.engine.Refusal}: what would happen, or why not;
 * <li>{@link dev.pulpo.engine.Outcome}, {@link dev.pulpo.engine.AppliedPatch}: what has happened;
 * {@link dev.pulpo.engine.Transition}: what happens until the last thread has changed;
 * <li>{@link dev.pulpo.engine.PulpoException} and its kinds, {@link dev.pulpo.engine.Blocker}: what has not;
 * <li>{@link dev.pulpo.engine.StubFile}: the stub, for {@code LD_PRELOAD}.
 * </ol>
 */
@NullMarked
package dev.pulpo.engine;

import org.jspecify.annotations.NullMarked;
