/**
 * Stacks with names, lines, inlined functions and variables; functions as instructions.
 *
 * <ul>
 * <li>{@link StackOperation}: begin here;
 * <li>{@link StackReader}, {@link Capture}, {@link Snapshot}: what is read while a thread is stopped;
 * <li>{@link CapturedFrame}, {@link FrameValues}, {@link ThreadLocalMemory}: its evaluation after the release;
 * <li>{@link ThreadLocals}: where a thread has its thread-local variables; {@link ThreadDebugSymbols}: what the C library
 * tells of that;
 * <li>{@link KnownCode}: names of addresses;
 * <li>{@link StackSampling}: stacks at many instants, counted;
 * <li>{@link NamedFunctions}: the functions that a name may mean;
 * <li>{@link FunctionReader}: the instructions of a function, now and before a patch; {@link CallerReader}: who calls it.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.inspect;

import org.jspecify.annotations.NullMarked;
