/**
 * Two builds of one source. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.engine.diff.CodeDiff} says what differs: {@code NormalForm} writes functions down without addresses,
 * with what {@code CodeNames} calls what they refer to;
 * <li>{@link dev.pulpo.engine.diff.BuildPatch} makes a patch of it: {@code Carving} finds out what has to be taken out of
 * the new build and which instructions are to use the old one ({@code SymbolTwins} knows what is what there,
 * {@code Words} the data, {@code ThreadLocals} how those lie), {@code Carrier} is the shared object with it.
 * </ol>
 */
@NullMarked
package dev.pulpo.engine.diff;

import org.jspecify.annotations.NullMarked;
