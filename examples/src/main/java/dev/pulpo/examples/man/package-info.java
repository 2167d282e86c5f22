/** {@link dev.pulpo.examples.man.ManPages} of the command lines. */
@NullMarked
package dev.pulpo.examples.man;

import org.jspecify.annotations.NullMarked;
