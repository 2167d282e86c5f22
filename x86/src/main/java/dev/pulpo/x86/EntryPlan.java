package dev.pulpo.x86;

/** The result of {@link EntryDetour#plan}. */
public sealed interface EntryPlan {
    /**
     * The detour is possible.
     *
     * @param detour the detour with all its bytes
     */
    record Planned(EntryDetour detour) implements EntryPlan {}

    /** No detour is possible. */
    sealed interface Refused extends EntryPlan {}

    /**
     * The function is shorter than the jump, and no padding follows it.
     *
     * @param available how many bytes there are
     * @param needed    how many bytes it takes
     */
    record TooShort(int available, int needed) implements Refused {}

    /**
     * Some bytes of the function are not an instruction, so its branches are unknown.
     *
     * @param at the address
     */
    record NotUnderstood(CodeAddress at) implements Refused {}

    /**
     * The function branches to bytes that would be overwritten.
     *
     * @param from   the branch
     * @param target its target
     */
    record BranchInto(CodeAddress from, CodeAddress target) implements Refused {}

    /**
     * The function jumps to an unknown address, and the caller does not exclude its first instructions.
     *
     * @param at the jump
     */
    record UnknownJump(CodeAddress at) implements Refused {}

    /**
     * An instruction that would be overwritten cannot be moved.
     *
     * @param reason the instruction, and why it cannot be moved
     */
    record Immovable(Relocation.CannotMove reason) implements Refused {}

    /**
     * The original must remain callable, and one of its first instructions is a call. Its return address would be in the
     * trampoline, where neither exceptions nor unwinders find a frame description.
     *
     * @param at the first of the moved instructions
     */
    record MovedCall(CodeAddress at) implements Refused {}

    /**
     * The trampoline is too far away for a jump of five bytes.
     *
     * @param from       the address of the jump
     * @param trampoline its target
     */
    record OutOfReach(CodeAddress from, CodeAddress trampoline) implements Refused {}
}
