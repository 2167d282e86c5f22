/**
 * Stops threads and releases them, from one tracer thread.
 *
 * <ul>
 * <li>{@link TracerThread}: the platform thread that makes every ptrace call for a target;
 * <li>{@link ProcessStop}, {@link ThreadTable}, {@link PauseLog}: the stop of all threads, and who paused for how long;
 * <li>{@link ThreadStop}: the stop of one thread;
 * <li>{@link LateStops}: threads that stop after their deadline;
 * <li>{@link Release}, {@link TimedWaits}, {@link InterruptedCall}: how a thread continues as if it had not been stopped;
 * <li>{@link BlockerFormatter}, {@link ThreadReport}, {@link BlockerHistory}, {@link Remedies}: the report of threads that
 * block a change;
 * <li>{@link OwnChild}, {@link Rehearsal}: a child process of this JVM, to which things are done for the first time.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.trace;

import org.jspecify.annotations.NullMarked;
