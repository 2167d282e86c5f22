package dev.pulpo.x86;

import java.util.List;
import java.util.Optional;

/**
 * The detour of a function that was not built for it. Its first bytes, behind an {@code endbr64}, become a jump to the
 * replacement where that is in reach. Where it is not, they go there by an address within ±2 GiB or, if fewer than six bytes
 * may be overwritten, by a second jump there:
 *
 * <pre>
 *    entry                                  trampoline
 *    [endbr64]  jmp replacement   nop...
 *    [endbr64]  jmp *slot(%rip)   nop...    slot: address of the replacement, 8 bytes
 *    [endbr64]  jmp trampoline              jmp *0(%rip), address of the replacement
 *
 *                                           [endbr64]  moved instructions  jmp back   (how to call the original)
 * </pre>
 *
 * The trampoline has to be written first, and no thread may be at an {@linkplain #isInterior interior} address when the
 * entry is.
 *
 * @param entry      the address of the function
 * @param target     the replacement
 * @param expected   the bytes that have to be found, and that undo the detour
 * @param jump       the bytes that put it in place
 * @param trampoline what has to be written before; no bytes where the jump reaches and the original is not wanted
 * @param original   where the function can still be called, if that was wanted; its calls return as ever
 * @param straight   whether control gets from each of the overwritten instructions to the next one and nowhere else; if
 *                   not, there may be return addresses, and landing pads of exceptions, among the overwritten bytes
 */
public record EntryDetour(CodeAddress entry, CodeAddress target, CodeBytes expected, CodeBytes jump,
        CodeBytes trampoline, Optional<CodeAddress> original, boolean straight) implements Detour {
    /** No trampoline is longer, in bytes. */
    public static final int TRAMPOLINE_MAX = 128;

    /** With so many bytes every detour can be made, in bytes. */
    public static final int ROOM = FarJump.Form.DIRECT.length();
    /** With so many bytes a replacement far away is reached by one jump instead of two, in bytes. */
    public static final int ROOM_FOR_FAR = SlotJump.LENGTH;

    /** What a caller knows of a function and its code does not tell. */
    public enum IndirectJumps {
        /** Nothing: a function that jumps through a register or a table is refused. */
        REFUSE,
        /** Jump tables do not lead to the first instructions, as is so for those of compilers. */
        NEVER_LEAD_TO_THE_ENTRY
    }

    /** Whether the function shall be callable as it was, by way of the trampoline. */
    public enum Original {
        /** It shall. */
        CALLABLE,
        /** Nobody will call it; its first instructions need not be movable then. */
        GONE
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
     * @param trampoline     where the trampoline can be; it takes at most {@link #TRAMPOLINE_MAX} bytes
     * @param jumps          what is known of jumps through registers and tables
     * @param original       whether the function shall be callable as it was
     * @param room           how many bytes are overwritten at least: {@link #ROOM} or more
     */
    public static EntryPlan plan(CodeBytes code, int functionLength, List<CodeBytes> otherParts, CodeAddress target,
            CodeAddress trampoline, IndirectJumps jumps, Original original, int room) {
        return new EntryPlanner(code, functionLength, target, trampoline, jumps, original, room).plan(otherParts);
    }

    /**
     * The bytes that lead calls somewhere else than {@link #jump}, as many of them.
     *
     * @param elsewhere within ±2 GiB
     */
    public CodeBytes jumpTo(CodeAddress elsewhere) {
        return new FarJump(jump.start(), elsewhere, FarJump.Form.DIRECT).encode(jump.length());
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
