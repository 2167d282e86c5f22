/** The quickstart: {@link dev.pulpo.examples.quickstart.Quickstart}. */
@NullMarked
package dev.pulpo.examples.quickstart;

import org.jspecify.annotations.NullMarked;
