/**
 * x86-64 machine code as values. Nothing here reads or writes memory: the caller hands in bytes and the address they
 * come from, and gets back the bytes that belong there.
 *
 * <p>In reading order:
 * <ol>
 * <li>{@link dev.pulpo.x86.CodeAddress}, {@link dev.pulpo.x86.CodeBytes}: where, and what stands there;
 * <li>{@link dev.pulpo.x86.FarJump}: the jump that leads from one function to its replacement;
 * <li>{@link dev.pulpo.x86.Detour}, {@link dev.pulpo.x86.PreparedDetour}: how a function's entry is turned to another
 * function, and {@link dev.pulpo.x86.Recognition}: what was found to stand at an entry;
 * <li>{@link dev.pulpo.x86.Decoder}: how long an instruction is and where it leads, {@link dev.pulpo.x86.Flow} and
 * {@link dev.pulpo.x86.OpcodeMap}; what it knows stands in {@code opcodes.txt};
 * <li>{@link dev.pulpo.x86.Relocator} and {@link dev.pulpo.x86.Relocation}: the same instructions at another address;
 * <li>{@link dev.pulpo.x86.SlotOperand}: an instruction whose operand is too far away for it;
 * <li>{@link dev.pulpo.x86.EntryDetour} and {@link dev.pulpo.x86.EntryPlan}: the detour of a function that was not built
 * for it;
 * <li>{@link dev.pulpo.x86.FrameProof}: where a function that keeps a frame pointer has its return address, shown by its
 * instructions ({@code RegisterWrites}); {@link dev.pulpo.x86.CallSites}: where calls return to;
 * <li>{@link dev.pulpo.x86.ThreadGate}: which version of a function a thread gets, while threads change one by one.
 * </ol>
 *
 * <p>"SDM" in the comments is the Intel 64 and IA-32 Architectures Software Developer's Manual.
 */
@org.jspecify.annotations.NullMarked
package dev.pulpo.x86;
