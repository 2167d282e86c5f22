/**
 * One operation's hold on one process.
 *
 * <ul>
 * <li>{@link Session}: lock, tracer thread, deadline, image and ledger; each operation begins with it;
 * <li>{@link PatchLedger}: the live view of the records in the target;
 * <li>{@link RegistryRoom}: memory for a registry that is full;
 * <li>{@link TrampolineMemory}: memory near the target for trampolines;
 * <li>{@link ThreadWord}: the word in which each thread is marked.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.session;

import org.jspecify.annotations.NullMarked;
