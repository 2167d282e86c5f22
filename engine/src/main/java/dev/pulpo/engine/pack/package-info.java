/**
 * A patch made of a plain shared object, or of source code.
 *
 * <ul>
 * <li>{@link Analysis}: begin here: what pairs, what is referred to, what stands against it;
 * <li>{@link Slots}, {@link TargetSymbols}: relocations of the patch, and the names of the target;
 * <li>{@link LinkedLibraries}: what a target is linked with;
 * <li>{@link Compiler}: runs the compiler;
 * <li>{@link SourceObject}, {@link Graft}: sources that join another patch, and how they get into its object.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.pack;

import org.jspecify.annotations.NullMarked;
