/**
 * The code of a process.
 *
 * <ul>
 * <li>{@link CodeRanges}: sorted ranges, to look addresses up in a stop;
 * <li>{@link CodeIndex}, {@link StoredCode}, {@link SymbolSources}, {@link FunctionParts}: the functions of an
 * object, their names and their cold parts;
 * <li>{@link DirectCalls}: calls of a function within its object;
 * <li>{@link BranchScan}, {@link JumpTables}: branches into the first bytes of a function;
 * <li>{@link IndirectFunction}: the function that an STT_GNU_IFUNC has chosen;
 * <li>{@link UnwindTables}, {@link StackTables}: call frame information of all mapped code, and proven frames;
 * <li>{@link FrameProver}, {@link FrameProofs}, {@link MissedCode}: proofs of frames in code without call frame
 * information;
 * <li>{@link GoCode}: functions that no C function can replace;
 * <li>{@link Hazards}, {@link AllocatorCode}: the code in which a thread must not be borrowed: the loader, the
 * allocator, holders of their locks.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.code;

import org.jspecify.annotations.NullMarked;
