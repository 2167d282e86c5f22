/**
 * Stacks beside those that gdb sees. {@code StackSoak} stops a {@code Subject} at random instants with a {@code Halt};
 * {@code FrameProbe} and {@code Gdb} look at it one after the other; {@code StackComparison} comes to a {@code Verdict},
 * with {@code DescribedCode} as an independent witness; {@code Tally} counts, and each {@code Difference} is printed.
 */
package dev.pulpo.engine.stacks;
