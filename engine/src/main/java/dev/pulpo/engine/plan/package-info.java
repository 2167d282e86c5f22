/**
 * Plans. A process image, memory and a patch go in; addresses, bytes and refusals come out. Changes nothing.
 *
 * <ul>
 * <li>{@link Planner}: begin here;
 * <li>{@link FunctionFinder}, {@link TargetFunction}: the function of a name;
 * <li>{@link Entries}, {@link EntrySite}, {@link EntryRefusalText}: the entry of a function that was not built to be
 * replaced; {@link FileEntries}: the same, asked of a file;
 * <li>{@link Originals}, {@link References}: functions and variables of the target that a patch uses;
 * <li>{@link Declarations}: what a patch declares beside its functions;
 * <li>{@link Interposition}: which definition of a function callers get;
 * <li>{@link PatchRelations}, {@link Predecessors}: the patch's relations to others;
 * <li>{@link ProcessRefusals}: kinds of processes that cannot be patched;
 * <li>{@link OtherPatches}: what other live patchers have done;
 * <li>{@link MemoryWindow}: the memory, read in large pieces.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.plan;

import org.jspecify.annotations.NullMarked;
