package dev.pulpo.x86;

import java.util.Arrays;

/**
 * A branch within ±2 GiB that replaces other instructions:
 *
 * <pre>
 *   JUMP   e9 dd dd dd dd  nop...        the nops are never executed
 *   CALL   nop...  e8 dd dd dd dd        returns to after the last byte
 * </pre>
 */
public enum NearBranch {
    /** {@code call rel32}. */
    CALL(0xe8),
    /** {@code jmp rel32}. */
    JUMP(0xe9);

    /** How many bytes the branch itself takes. */
    public static final int LENGTH = 5;

    private final int opcode;

    NearBranch(int opcode) {
        this.opcode = opcode;
    }

    int opcode() {
        return opcode;
    }

    /** The bytes of the branch, padded with nops to a length. */
    public CodeBytes encode(CodeAddress from, int length, CodeAddress target) {
        int before = this == CALL ? length - LENGTH : 0;
        CodeAddress branch = from.plus(before);
        if (before < 0 || !FarJump.reachesDirectly(branch, target)) {
            throw new IllegalArgumentException(
                    this + " from " + branch + " to " + target + " within " + length + " bytes");
        }
        byte[] nops = new byte[length - LENGTH];
        Arrays.fill(nops, (byte) Nops.ONE);
        CodeBytes filler = CodeBytes.at(from, nops);
        Assembler assembler = new Assembler(from);
        return this == CALL
                ? assembler.code(filler).branch(this, target).code()
                : assembler.branch(this, target).code(filler).code();
    }
}
