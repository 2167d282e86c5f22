/**
 * The operations: {@link dev.pulpo.engine.apply.ApplyOperation} and {@link dev.pulpo.engine.apply.RevertOperation} run in a {@code Session}, plan once more ({@code FreshPlan}), bring a {@code PatchSet} in, each patch by {@code Loading}, make {@code Change}s in {@code Stops}, each a {@code Commit}, and {@code Recovery} and {@code Leftovers} clean up after tools that died. {@link dev.pulpo.engine.apply.JointOperation} has the same done to several processes, each a {@code JointMember} that takes a {@code JointStep}: a {@code PatchSet} comes, or a {@code Departure} goes; {@code Siblings} finds out what became of that where a tool died over it, and {@code Members} where those processes are. {@code Detours} are the bytes of a patch, {@code Trampolines} the memory that some of them need. Where threads change one after the other, {@code Changeover} does it, with {@code Gates}, and {@link dev.pulpo.engine.apply.TransitionOperation} goes on with it later.
 */
@NullMarked
package dev.pulpo.engine.apply;

import org.jspecify.annotations.NullMarked;
