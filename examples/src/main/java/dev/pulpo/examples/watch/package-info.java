/**
 * Gives processes that start, execute a program or load an object later what they should have. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.watch.Watcher}: the loop;
 * <li>{@link dev.pulpo.examples.watch.Arrivals}: which processes are new, by the kernel's reports or by looking;
 * <li>{@link dev.pulpo.examples.watch.Polls}: whether they have loaded what they need, or something new;
 * <li>{@link dev.pulpo.examples.watch.Repairs}: work on processes, none of which can hold up that on others;
 * <li>{@link dev.pulpo.examples.watch.Backoff}: when either is tried again;
 * <li>{@link dev.pulpo.examples.watch.Probation}: processes that end by a fault soon after a patch;
 * <li>{@link dev.pulpo.examples.watch.HealthCheck}: a command that says whether all is well.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.watch;

import org.jspecify.annotations.NullMarked;
