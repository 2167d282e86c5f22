/**
 * Which functions differ between two builds of the same source: {@link dev.pulpo.engine.diff.CodeDiff} compares the
 * {@code NormalForm} of functions of the same name, in which {@code CodeNames} has put names in place of addresses. Files
 * only, no processes.
 */
@NullMarked
package dev.pulpo.engine.diff;

import org.jspecify.annotations.NullMarked;
