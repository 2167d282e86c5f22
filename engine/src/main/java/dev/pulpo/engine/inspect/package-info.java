/**
 * Looking at what threads do: {@code StackReader} stops each thread for as long as its stack takes
 * to unwind, {@link dev.pulpo.engine.inspect.KnownCode} gives addresses the names that the source has for them. For the values
 * of variables {@code Capture} takes registers and memory in the stop, a {@code Snapshot}; {@code FrameValues} asks the debug
 * information about each {@code CapturedFrame} afterwards, with {@code ThreadLocals}.
 */
@NullMarked
package dev.pulpo.engine.inspect;

import org.jspecify.annotations.NullMarked;
