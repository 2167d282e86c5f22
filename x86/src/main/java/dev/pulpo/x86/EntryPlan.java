package dev.pulpo.x86;

/** The answer of {@link EntryDetour#plan}. */
public sealed interface EntryPlan {
    /**
     * The detour that can be put in place.
     *
     * @param detour all of its bytes
     */
    record Planned(EntryDetour detour) implements EntryPlan {}

    /** No detour, for a reason. */
    sealed interface Refused extends EntryPlan {}

    /**
     * The function ends before the jump does, and what follows is no padding.
     *
     * @param available how many bytes there are
     * @param needed    how many it takes
     */
    record TooShort(int available, int needed) implements Refused {}

    /**
     * Bytes of the function are no instruction, so that it cannot be known what branches where.
     *
     * @param at the address
     */
    record NotUnderstood(CodeAddress at) implements Refused {}

    /**
     * The function branches to bytes that would be overwritten.
     *
     * @param from   the branch
     * @param target where it leads
     */
    record BranchInto(CodeAddress from, CodeAddress target) implements Refused {}

    /**
     * The function jumps to where it cannot be known, and the caller has not vouched for it.
     *
     * @param at the jump
     */
    record UnknownJump(CodeAddress at) implements Refused {}

    /**
     * An instruction that would be overwritten cannot be moved elsewhere.
     *
     * @param reason which, and why
     */
    record Immovable(Relocation.CannotMove reason) implements Refused {}

    /**
     * The original shall be callable, and among its first instructions is a call. Its return address would lie in the
     * trampoline, where neither exceptions nor unwinders find a frame description.
     *
     * @param at the first of these instructions
     */
    record MovedCall(CodeAddress at) implements Refused {}

    /**
     * The trampoline is too far away for a jump of five bytes.
     *
     * @param from       where the jump would be
     * @param trampoline where it should lead
     */
    record OutOfReach(CodeAddress from, CodeAddress trampoline) implements Refused {}
}
