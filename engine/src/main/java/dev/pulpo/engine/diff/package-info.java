/**
 * A patch made of two builds of an object.
 *
 * <ul>
 * <li>{@link BuildPatch}: begin here;
 * <li>{@link CodeDiff}, {@link Comparison}, {@link Sameness}, {@link HandlerComparison}, {@link LineNumbers}, {@link VersionTexts},
 * {@link DataCoverage}: what differs;
 * <li>{@link SideBySide}: both versions of a function;
 * <li>{@link CodeNames}, {@link UnnamedCode}, {@link FunctionShape}, {@link Parts}: what is in an object;
 * <li>{@link BuildMatcher}, {@link NameMatcher}, {@link UsedNames}, {@link VariableMatcher}, {@link Alignment},
 * {@link ThreadLocalOffsets}: what of one build is what of the other;
 * <li>{@link Choice}: which functions are taken;
 * <li>{@link LayoutEvidence}, {@link ObjectLifetimes}: what code says of types and of objects;
 * <li>{@link ExtractionPlan}, {@link DataFixups}: what has to be taken over;
 * <li>{@link PatchObjectBuilder}: the shared object that holds it.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.diff;

import org.jspecify.annotations.NullMarked;
