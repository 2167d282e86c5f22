/**
 * Pictures of what the library tells as values. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.picture.Report}: the option {@code --report}, and its file;
 * <li>{@link dev.pulpo.examples.picture.TimelinePicture}: the time line of an operation; {@link
 * dev.pulpo.examples.picture.Axis}: its scales;
 * <li>{@link dev.pulpo.examples.picture.FoldedStacks}, {@link dev.pulpo.examples.picture.FlamePage}: stacks that were sampled,
 * as lines and as a page; its script and its style sheet are resources;
 * <li>{@link dev.pulpo.examples.picture.MeasurementPage}, {@link dev.pulpo.examples.picture.CurvePicture}, {@link
 * dev.pulpo.examples.picture.BarPicture}: what benchmarks have measured, as a page; its style sheet is a resource;
 * <li>{@link dev.pulpo.examples.picture.Svg}, {@link dev.pulpo.examples.picture.Markup}: what is written, with the names of
 * others made harmless; {@link dev.pulpo.examples.picture.Amount}: times for people.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.picture;

import org.jspecify.annotations.NullMarked;
