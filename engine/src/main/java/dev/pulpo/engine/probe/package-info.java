/**
 * Patches that nobody has compiled: they count, measure, trace, delay or answer calls of a function.
 *
 * <ul>
 * <li>{@link ProbeSite}: where a probe goes, and what it needs of the process; {@link ProcessCode}: where its functions go on;
 * <li>{@link ProbeObject}: its shared object, made of machine code;
 * <li>{@link ProbeTable}: what it has counted;
 * <li>{@link Histograms}: how long calls took ({@link TickRate}: in ticks of which length);
 * <li>{@link CallPlan}, {@link CallRing}: what it records of calls, and those records.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.probe;

import org.jspecify.annotations.NullMarked;
