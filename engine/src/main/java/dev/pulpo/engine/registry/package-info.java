/**
 * What is recorded in the target, so that any tool that comes later knows what was done and can take it back, or finish
 * what a killed one has left half done:
 * <ol>
 * <li>{@link dev.pulpo.engine.registry.FunctionRecord}, {@link dev.pulpo.engine.registry.TrampolineBlock}, {@link dev.pulpo.engine.registry.Ties}, {@link dev.pulpo.engine.registry.PatchRecord}: the values;
 * <li>{@link dev.pulpo.engine.registry.RecordFormat}: their bytes;
 * <li>{@link dev.pulpo.engine.registry.Registry}: where they are in the process, and which bytes belong at an entry;
 * <li>{@link dev.pulpo.engine.registry.HalfDone}: what is to become of patches that were left half done;
 * <li>{@link dev.pulpo.engine.registry.MessageRing}: the log that people read.
 * </ol>
 */
@NullMarked
package dev.pulpo.engine.registry;

import org.jspecify.annotations.NullMarked;
