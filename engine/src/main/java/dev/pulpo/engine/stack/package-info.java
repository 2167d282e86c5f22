/**
 * Looking at what threads do: {@link dev.pulpo.engine.stack.StackReader} stops each thread for as long as its stack takes
 * to unwind, {@link dev.pulpo.engine.stack.KnownCode} gives addresses the names that the source has for them.
 */
@NullMarked
package dev.pulpo.engine.stack;

import org.jspecify.annotations.NullMarked;
