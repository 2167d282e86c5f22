package dev.pulpo.x86;

import java.util.Arrays;

/**
 * An unconditional jump to an address in a slot, as in a procedure linkage table:
 *
 * <pre>
 *   ff 25 dd dd dd dd    jmp *slot(%rip)        slot within ±2 GiB, target anywhere
 * </pre>
 *
 * It is one branch, where {@code jmp rel32} to a {@link FarJump} is two, and it changes no register and no flag. A
 * process with indirect branch tracking requires an {@code endbr64} at the target, as for {@link FarJump.Form#ABSOLUTE}.
 *
 * @param from the address of the jump itself
 * @param slot the address of the eight bytes with the target
 */
record SlotJump(CodeAddress from, CodeAddress slot) {
    /** How many bytes the jump takes. */
    static final int LENGTH = 6;

    /** Refuses a slot out of reach. */
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

    /** The bytes of the jump, padded with one-byte nops to {@code length} bytes. */
    CodeBytes encode(int length) {
        byte[] code = new Assembler(from).bytes(0xff, 0x25).int32(slot.minus(from.plus(LENGTH))).code().toByteArray();
        byte[] bytes = Arrays.copyOf(code, length);
        Arrays.fill(bytes, code.length, length, (byte) Nops.ONE);
        return CodeBytes.at(from, bytes);
    }
}
