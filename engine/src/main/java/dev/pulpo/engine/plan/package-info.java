/**
 * Planning changes nothing:
 * <ol>
 * <li>{@link dev.pulpo.engine.plan.Planner} turns an image and a patch into a plan;
 * <li>{@code Predecessors}: plans that come into force in the same stop, before another;
 * <li>{@code FunctionFinder} finds the function that a name means, in {@code SymbolSources} or by
 * {@code IndirectFunction};
 * <li>{@code Entries} looks for reasons against overwriting the first bytes of an {@link dev.pulpo.engine.plan.EntrySite}:
 * {@code CodeIndex}, {@code BranchScan}, {@code JumpTables}; {@link dev.pulpo.engine.plan.Reasons} puts them into words;
 * <li>{@link dev.pulpo.engine.plan.FunctionParts}: code of a function that lies elsewhere;
 * <li>{@link dev.pulpo.engine.plan.Originals}: what a patch wants to call;
 * <li>{@link dev.pulpo.engine.plan.FrameProver}: how code without call frame information returns, where it can be shown.
 * </ol>
 */
@NullMarked
package dev.pulpo.engine.plan;

import org.jspecify.annotations.NullMarked;
