/**
 * Transitions: each thread changes version by itself, when it is outside of the code that it leaves.
 *
 * <ul>
 * <li>{@link ThreadTransition}: begin, wait, force, reverse;
 * <li>{@link TransitionStart}, {@link TransitionEnd}: the two stops of all threads;
 * <li>{@link ThreadLook}: looks at the remaining threads, one by one;
 * <li>{@link ThreadMarks}: the word of each thread.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.transition;

import org.jspecify.annotations.NullMarked;
