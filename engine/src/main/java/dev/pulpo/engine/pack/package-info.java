/**
 * Patches in plain C or C++: {@link dev.pulpo.engine.pack.Analysis} finds out what a shared object that knows nothing of
 * Pulpo replaces in a target, and which of its relocation slots stand for the target's private symbols;
 * {@link dev.pulpo.engine.pack.TargetSymbols} knows the names of the target, {@link dev.pulpo.engine.pack.Slots} the
 * relocations of the patch.
 */
@NullMarked
package dev.pulpo.engine.pack;

import org.jspecify.annotations.NullMarked;
