/**
 * Whether anything could still lead into a patch that is out of force; if nothing can, the patch is unloaded. A conservative
 * scan, as a garbage collector does it: a patch stays loaded as long as a register, or any word of memory, could point into
 * it.
 *
 * <ul>
 * <li>{@link Unloading}: looks, and unloads what is free;
 * <li>{@link Reachability}: the look: once while the process runs, then in a stop;
 * <li>{@link LeftoverLook}: a look that stops nothing, for a list;
 * <li>{@link Holders}: what was found;
 * <li>{@link PatchMemory}: what must not be pointed to, and which words the loader keeps itself;
 * <li>{@link MappingTable}: the mappings, as a stop can read them;
 * <li>{@link MemoryScan}: reads the memory that has content;
 * <li>{@link PointerSearch}: finds addresses in words;
 * <li>{@link DeadStacks}: parts of stacks whose words are left over;
 * <li>{@link FreedChunks}: chunks of the C library's heap whose words are left over;
 * <li>{@link AddressBag}: addresses, without an object for each.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.reach;

import org.jspecify.annotations.NullMarked;
