/**
 * x86-64 machine code as values. Nothing here reads or writes memory: the caller passes bytes and their address, and gets
 * the new bytes.
 *
 * <p>In reading order:
 * <ol>
 * <li>{@link dev.pulpo.x86.CodeAddress}, {@link dev.pulpo.x86.CodeBytes}: an address, and bytes at an address;
 * <li>{@link dev.pulpo.x86.FarJump}: the jump from a function to its replacement;
 * <li>{@link dev.pulpo.x86.Detour}, {@link dev.pulpo.x86.PreparedDetour}: how calls are redirected at a function's entry,
 * and {@link dev.pulpo.x86.Recognition}: what an entry contains;
 * <li>{@link dev.pulpo.x86.Decoder}: the length and the control flow of an instruction, {@link dev.pulpo.x86.Flow} and
 * {@link dev.pulpo.x86.OpcodeMap}; its tables come from {@code opcodes.txt};
 * <li>{@link dev.pulpo.x86.Relocator} and {@link dev.pulpo.x86.Relocation}: the same instructions at another address;
 * <li>{@link dev.pulpo.x86.SlotOperand}, {@link dev.pulpo.x86.NearBranch}: code for an instruction whose operand is too
 * far away, and the branch that replaces the instruction;
 * <li>{@link dev.pulpo.x86.CodeScan}, {@link dev.pulpo.x86.SystemCallCode}: instructions that are found without decoding
 * the code before them;
 * <li>{@link dev.pulpo.x86.EntryDetour} and {@link dev.pulpo.x86.EntryPlan}: the detour of a function without a prepared
 * entry;
 * <li>{@link dev.pulpo.x86.FrameProof}: where a function that keeps a frame pointer has its return address, proven from
 * its instructions ({@code RegisterWrites}); {@link dev.pulpo.x86.CallSites}: possible return addresses;
 * <li>{@link dev.pulpo.x86.FunctionFlow} and {@link dev.pulpo.x86.FrameFlow}: which registers a function needs, changes and
 * restores, and how it moves the stack pointer ({@link dev.pulpo.x86.RegisterSet}, {@code RegisterEffects});
 * {@link dev.pulpo.x86.StackUse}: what it reads of its caller's stack;
 * <li>{@link dev.pulpo.x86.ThreadGate}: selects a function's version for each thread while threads change one by one;
 * <li>{@link dev.pulpo.x86.ProbeCode}: counts, delays or answers calls of a function, or sees them return
 * ({@code AroundCall}); {@link dev.pulpo.x86.CallRecord}: what it records of a call.
 * </ol>
 *
 * <p>"SDM" in the comments is the Intel 64 and IA-32 Architectures Software Developer's Manual.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.x86;
