/** What {@link dev.pulpo.examples.exit.ExitStatus} all command lines here end with. */
@NullMarked
package dev.pulpo.examples.exit;

import org.jspecify.annotations.NullMarked;
