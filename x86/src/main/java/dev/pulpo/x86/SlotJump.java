package dev.pulpo.x86;

import java.util.Arrays;

/**
 * An unconditional jump to an address that stands elsewhere, as a procedure linkage table has it:
 *
 * <pre>
 *   ff 25 dd dd dd dd    jmp *slot(%rip)        slot within ±2 GiB, target anywhere
 * </pre>
 *
 * It is one branch where {@code jmp rel32} to a {@link FarJump} is two, and it changes no register and no flag. A process
 * with indirect branch tracking demands an {@code endbr64} at the target, as after {@link FarJump.Form#ABSOLUTE}.
 *
 * @param from the address of the jump itself
 * @param slot the address of the eight bytes that say where it goes
 */
record SlotJump(CodeAddress from, CodeAddress slot) {
    /** How many bytes the jump takes. */
    static final int LENGTH = 6;

    private static final byte NOP = (byte) 0x90;

    /** Refuses a slot that no displacement leads to. */
    SlotJump {
        if (!reaches(from, slot)) {
            throw new IllegalArgumentException("no 32-bit displacement leads from " + from + " to " + slot);
        }
    }

    /** Whether a jump at {@code from} can read {@code slot}. */
    static boolean reaches(CodeAddress from, CodeAddress slot) {
        long displacement = slot.minus(from.plus(LENGTH));
        return displacement == (int) displacement;
    }

    /** The bytes of the jump, and one-byte nops behind it until there are {@code length} bytes. */
    CodeBytes encode(int length) {
        byte[] code = new Assembler(from).bytes(0xff, 0x25).int32(slot.minus(from.plus(LENGTH))).code().toByteArray();
        byte[] bytes = Arrays.copyOf(code, length);
        Arrays.fill(bytes, code.length, length, NOP);
        return CodeBytes.at(from, bytes);
    }
}
