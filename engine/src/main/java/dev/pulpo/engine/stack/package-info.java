/**
 * Which code the threads of a stop are in, or will return to.
 *
 * <ul>
 * <li>{@link StackCheck}: one thread;
 * <li>{@link StackSweep}: all threads of a stop;
 * <li>{@link StackWindow}: their memory, read in pages;
 * <li>{@link PauseBudget}: how long that may take;
 * <li>{@link WalkEndText}: why a walk ended early.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.stack;

import org.jspecify.annotations.NullMarked;
