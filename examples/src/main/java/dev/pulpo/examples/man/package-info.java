/**
 * {@link dev.pulpo.examples.man.ManPages} with {@link dev.pulpo.examples.man.Example}s, and
 * {@link dev.pulpo.examples.man.Completions}, both made from the definitions of the command lines.
 */
@NullMarked
package dev.pulpo.examples.man;

import org.jspecify.annotations.NullMarked;
