package dev.pulpo.x86;

import java.util.List;

/**
 * The detour of a function that was not built for it. Its first bytes, behind an {@code endbr64}, become a jump to a
 * trampoline within ±2 GiB:
 *
 * <pre>
 *    entry                                  trampoline
 *    [endbr64]  jmp trampoline  nop...      jmp replacement                           (5 or 14 bytes)
 *                                           [endbr64]  moved instructions  jmp back   (how to call the original)
 * </pre>
 *
 * The jump goes to the replacement right away where it reaches it. The trampoline has to be written first, and no thread
 * may be at an {@linkplain #isInterior interior} address when the entry is.
 *
 * @param entry      the address of the function
 * @param target     the replacement
 * @param expected   the bytes that have to be found, and that undo the detour
 * @param jump       the bytes that put it in place
 * @param trampoline what has to be written before
 * @param original   where the function can still be called; its calls return as ever
 */
public record EntryDetour(CodeAddress entry, CodeAddress target, CodeBytes expected, CodeBytes jump,
        CodeBytes trampoline,
        CodeAddress original) implements Detour {

    /** What a caller knows of a function and its code does not tell. */
    public enum IndirectJumps {
        /** Nothing: a function that jumps through a register or a table is refused. */
        REFUSE,
        /** Jump tables do not lead to the first instructions, as is so for those of compilers. */
        NEVER_LEAD_TO_THE_ENTRY
    }

    /** What stands at the entry. */
    public enum State {
        /** The function's own bytes. */
        ORIGINAL,
        /** The jump. */
        IN_PLACE,
        /** Something else, or too few bytes were given. */
        OTHER
    }

    /**
     * Plans the detour of a function.
     *
     * @param code           the function, and behind it at least what stands before the next one, if that is near
     * @param functionLength how many of the bytes are the function
     * @param otherParts     code elsewhere that belongs to it, such as {@code f.cold}
     * @param target         the replacement
     * @param trampoline     where the trampoline can be; it takes at most a hundred bytes and a few
     * @param jumps          what is known of jumps through registers and tables
     */
    public static EntryPlan plan(CodeBytes code, int functionLength, List<CodeBytes> otherParts, CodeAddress target,
            CodeAddress trampoline, IndirectJumps jumps) {
        return new EntryPlanner(code, functionLength, target, trampoline, jumps).plan(otherParts);
    }

    /** What stands at the entry among the given bytes. */
    public State state(CodeBytes code) {
        if (!code.covers(jump.start(), jump.length())) {
            return State.OTHER;
        }
        CodeBytes found = code.slice(jump.start(), jump.length());
        return found.equals(jump) ? State.IN_PLACE : found.equals(expected) ? State.ORIGINAL : State.OTHER;
    }

    @Override
    public boolean isInterior(CodeAddress address) {
        long into = address.minus(jump.start());
        return into > 0 && into < jump.length();
    }

}
