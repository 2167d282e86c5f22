/**
 * Loads a patch into a process, and unloads it.
 *
 * <ul>
 * <li>{@link FreshPlan}, {@link PlanCheck}: plan again under the lock;
 * <li>{@link PatchLoader}: loads a patch and records it;
 * <li>{@link Detours}, {@link Gates}: the bytes of its detours, once its address is known;
 * <li>{@link ReferenceWriter}: writes the addresses of the target's variables into it;
 * <li>{@link PatchRemoval}: puts patches out of force and unloads them;
 * <li>{@link LeftoverPatches}: unloads patches that earlier operations left loaded.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.load;

import org.jspecify.annotations.NullMarked;
