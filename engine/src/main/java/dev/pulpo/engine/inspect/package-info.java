/**
 * Looking at what threads do: {@link dev.pulpo.engine.inspect.StackReader} stops each thread for as long as its stack takes
 * to unwind, {@link dev.pulpo.engine.inspect.KnownCode} gives addresses the names that the source has for them.
 */
@NullMarked
package dev.pulpo.engine.inspect;

import org.jspecify.annotations.NullMarked;
