/**
 * Patches that nobody has compiled: they count, delay or answer calls of a function.
 *
 * <ul>
 * <li>{@link ProbeSite}: where a probe goes, and what it needs of the process;
 * <li>{@link ProbeObject}: its shared object, made of machine code;
 * <li>{@link ProbeTable}: what it has counted.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.probe;

import org.jspecify.annotations.NullMarked;
