/**
 * The records in the target: the next tool learns from them what was done.
 *
 * <ul>
 * <li>{@link Registry}: finds, appends and moves records, and changes their states;
 * <li>{@link PatchRecord}, {@link FunctionRecord}, {@link TrampolineBlock}, {@link TransactionLink}: one record;
 * <li>{@link Declared}, {@link Callbacks}, {@link Callback}: what a patch declares beside its functions, and <b>which callback
 * is due</b>;
 * <li>{@link RecordFormat}: its bytes;
 * <li>{@link EntryState}: <b>what stands at an entry</b>: original, detour, gate or other bytes;
 * <li>{@link Inspection}: compares the records with the bytes of the process;
 * <li>{@link ShadowCounts}: shadow variables, counted;
 * <li>{@link MessageRing}: the message log, for people.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.registry;

import org.jspecify.annotations.NullMarked;
