/**
 * What code a stopped thread is in and will return to:
 * <ol>
 * <li>{@link dev.pulpo.engine.stack.StackWindow}: stack memory, read in pieces;
 * <li>{@link dev.pulpo.engine.stack.StackTables}: what stacks are followed with, {@code FrameProofs} included;
 * <li>{@link dev.pulpo.engine.stack.StackCheck}: one thread; a look at every word of its stack first, and only where that
 * leaves a doubt a walk from frame to frame;
 * <li>{@link dev.pulpo.engine.stack.StackSweep}: all threads of a stop, with few system calls and without allocating.
 * </ol>
 */
@NullMarked
package dev.pulpo.engine.stack;

import org.jspecify.annotations.NullMarked;
