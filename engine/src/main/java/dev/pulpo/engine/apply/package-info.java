/**
 * The operations: {@link dev.pulpo.engine.apply.ApplyOperation} and {@link dev.pulpo.engine.apply.RevertOperation} run in a {@code Session}, plan once more ({@code FreshPlan}), make {@code Change}s in {@code Stops}, each a {@code Commit}, and {@code Recovery} and {@code Leftovers} clean up after tools that died. {@code Detours} are the bytes of a patch, {@code Trampolines} the memory that some of them need. Where threads change one after the other, {@code Changeover} does it, with {@code Gates}, and {@link dev.pulpo.engine.apply.TransitionOperation} goes on with it later.
 */
@NullMarked
package dev.pulpo.engine.apply;

import org.jspecify.annotations.NullMarked;
