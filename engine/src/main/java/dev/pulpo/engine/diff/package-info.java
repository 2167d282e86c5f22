/**
 * A patch made of two builds of an object.
 *
 * <ul>
 * <li>{@link BuildPatch}: begin here;
 * <li>{@link CodeDiff}, {@link Comparison}, {@link Sameness}, {@link LineNumbers}, {@link DataCoverage}: what differs;
 * <li>{@link CodeNames}, {@link UnnamedCode}, {@link FunctionShape}, {@link Parts}: what is in an object;
 * <li>{@link NameMatcher}, {@link ThreadLocalOffsets}: what of one build is what of the other;
 * <li>{@link ExtractionPlan}, {@link DataFixups}: what has to be taken over;
 * <li>{@link PatchObjectBuilder}: the shared object that holds it.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.diff;

import org.jspecify.annotations.NullMarked;
