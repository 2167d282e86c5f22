package dev.pulpo.x86;

/** The instructions without effect, in the forms with which assemblers fill gaps. */
public final class Nops {
    /** The one-byte nop. */
    public static final int ONE = 0x90;

    private Nops() {}

    /** Whether nops fill these bytes exactly, the last one ending with the last byte. */
    static boolean fill(CodeBytes code) {
        CodeAddress at = code.start();
        while (at.compareTo(code.end()) < 0) {
            int length = lengthAt(code, at);
            if (length == 0) {
                return false;
            }
            at = at.plus(length);
        }
        return true;
    }

    /**
     * The length of the nop at an address; 0 if there is none or it is cut off. Recognises {@code 90} and
     * {@code 0f 1f /0} with a memory operand, with operand-size and code-segment prefixes before them (SDM volume 2,
     * instruction NOP, table "Recommended Multi-Byte Sequence of NOP Instruction"; assemblers add the prefixes to exceed
     * nine bytes). {@code f3 90} is {@code pause}, not a nop.
     */
    private static int lengthAt(CodeBytes code, CodeAddress start) {
        CodeAddress at = start;
        while (code.covers(at, 1) && (code.byteAt(at) == 0x66 || code.byteAt(at) == 0x2e)) {
            at = at.plus(1);
        }
        if (!code.covers(at, 1)) {
            return 0;
        }
        if (code.byteAt(at) == ONE) {
            return (int) at.plus(1).minus(start);
        }
        if (!code.covers(at, 3) || code.byteAt(at) != 0x0f || code.byteAt(at.plus(1)) != 0x1f) {
            return 0;
        }
        int operand = switch (code.byteAt(at.plus(2))) {
            case 0x00 -> 1;
            case 0x40 -> 2;
            case 0x44 -> 3;
            case 0x80 -> 5;
            case 0x84 -> 6;
            default -> 0;
        };
        return operand != 0 && code.covers(at, 2 + operand) ? (int) at.plus(2 + operand).minus(start) : 0;
    }
}
