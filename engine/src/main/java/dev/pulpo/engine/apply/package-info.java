/**
 * The operations: {@link dev.pulpo.engine.apply.ApplyOperation} and {@link dev.pulpo.engine.apply.RevertOperation} run in a {@code Session}, make {@code Change}s in {@code Stops}, each a {@code Commit}, and {@code Recovery} cleans up after tools that died.
 */
@NullMarked
package dev.pulpo.engine.apply;

import org.jspecify.annotations.NullMarked;
