/**
 * Work on many processes: in a {@link dev.pulpo.examples.crowd.Crowd} no process makes the others wait, and
 * {@link dev.pulpo.examples.crowd.Unforeseen} reports an unexpected failure in one line.
 */
@NullMarked
package dev.pulpo.examples.crowd;

import org.jspecify.annotations.NullMarked;
