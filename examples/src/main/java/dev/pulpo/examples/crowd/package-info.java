/**
 * Work on many processes: {@link dev.pulpo.examples.crowd.Crowd} does it such that none of them keeps the others waiting, and
 * {@link dev.pulpo.examples.crowd.Unforeseen} says in a line what nobody has foreseen.
 */
@NullMarked
package dev.pulpo.examples.crowd;

import org.jspecify.annotations.NullMarked;
