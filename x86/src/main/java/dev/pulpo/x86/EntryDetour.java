package dev.pulpo.x86;

import java.util.List;
import java.util.Optional;

/**
 * The detour of a function without a prepared entry. Its first bytes, after an {@code endbr64}, become a jump to the
 * replacement if that is in reach. Otherwise they jump through a slot within ±2 GiB or, if fewer than six bytes may be
 * overwritten, to a second jump:
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
 * The trampoline must be written first, and no thread may be at an {@linkplain #isInterior interior} address when the
 * entry is written.
 *
 * @param entry      the address of the function
 * @param target     the replacement
 * @param expected   the original bytes, which undo the detour
 * @param jump       the bytes of the jump
 * @param trampoline what must be written before; empty if the jump reaches and the original is not wanted
 * @param original   where the original can be called, if that was wanted
 * @param straight   whether each overwritten instruction only continues with the next one; if not, return addresses and
 *                   landing pads may be among the overwritten bytes
 */
public record EntryDetour(CodeAddress entry, CodeAddress target, CodeBytes expected, CodeBytes jump,
        CodeBytes trampoline, Optional<CodeAddress> original, boolean straight) implements Detour {
    /** The size limit of a trampoline, in bytes. */
    public static final int TRAMPOLINE_MAX = 128;

    /** How many bytes every detour needs. */
    public static final int ROOM = FarJump.Form.DIRECT.length();
    /** How many bytes it takes to reach a far replacement by one jump instead of two. */
    public static final int ROOM_FOR_FAR = SlotJump.LENGTH;

    /** What the caller knows about indirect jumps of the function. */
    public enum IndirectJumps {
        /** Nothing: a function that jumps through a register or a table is refused. */
        REFUSE,
        /** Jump tables never lead to the first instructions, as those of compilers. */
        NEVER_LEAD_TO_THE_ENTRY
    }

    /** Whether the original must remain callable through the trampoline. */
    public enum Original {
        /** It must. */
        CALLABLE,
        /** It need not, so its first instructions need not be movable. */
        GONE
    }

    /** The bytes at the entry. */
    public enum State {
        /** The original bytes. */
        ORIGINAL,
        /** The jump. */
        IN_PLACE,
        /** Something else, or too few bytes were given. */
        OTHER
    }

    /**
     * Plans the detour of a function.
     *
     * @param code           the function, and at least the bytes up to the next one, if that is near
     * @param functionLength how many of these bytes belong to the function
     * @param otherParts     other code of the function, such as {@code f.cold}
     * @param target         the replacement
     * @param trampoline     the address for the trampoline; it takes at most {@link #TRAMPOLINE_MAX} bytes
     * @param jumps          what is known about jumps through registers and tables
     * @param original       whether the original must remain callable
     * @param room           the least number of bytes to overwrite: {@link #ROOM} or more
     */
    public static EntryPlan plan(CodeBytes code, int functionLength, List<CodeBytes> otherParts, CodeAddress target,
            CodeAddress trampoline, IndirectJumps jumps, Original original, int room) {
        return new EntryPlanner(code, functionLength, target, trampoline, jumps, original, room).plan(otherParts);
    }

    /**
     * A jump to another address, with the length of {@link #jump}.
     *
     * @param elsewhere within ±2 GiB
     */
    public CodeBytes jumpTo(CodeAddress elsewhere) {
        return new FarJump(jump.start(), elsewhere, FarJump.Form.DIRECT).encode(jump.length());
    }

    /** Recognises the entry in the given bytes. */
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
