package dev.pulpo.x86;

/**
 * The gate at a function's entry while the threads of a process change, one after the other, between two versions of it.
 * The mode byte selects the version, and the thread's own word may keep this thread in the other one:
 *
 * <pre>
 *              cmpb $0, mode(%rip)
 *              je   back
 *              cmpl $staysOld, %fs:word        mode 1: to the new version
 *              je   old
 *              jmp  new
 *    back:     cmpl $staysNew, %fs:word        mode 0: to the old version
 *              je   new
 *              jmp  old
 * </pre>
 *
 * All functions that share the byte change with one store. A word with any other value, such as 0 in a new thread, has no
 * effect. The gate uses no register and no stack; it changes the flags, which have no meaning at the entry of a function
 * (psABI 3.2.1). The jumps are direct, unless a version is more than 2 GiB away: see {@link FarJump}.
 *
 * @param start       where the gate is
 * @param mode        address of the mode byte; within ±2 GiB of the gate
 * @param word        offset, from the thread pointer, of the thread's word
 * @param staysOld    value of the word that keeps a thread in the old version
 * @param staysNew    value of the word that keeps a thread in the new version
 * @param old         where the old version is
 * @param replacement where the new version is
 */
public record ThreadGate(CodeAddress start, CodeAddress mode, int word, int staysOld, int staysNew, CodeAddress old,
        CodeAddress replacement) {
    /** The size limit of a gate, in bytes. */
    public static final int MAX = 96;
    /** Value of the mode byte: all threads use the new version, unless their word keeps them. */
    public static final byte TO_NEW = 1;
    /** Value of the mode byte: all threads use the old version, unless their word keeps them. */
    public static final byte TO_OLD = 0;

    private static final int EQUAL = 4;
    private static final int COMPARE_MODE = 7;
    private static final int SHORT_JUMP = 2;

    public ThreadGate {
        long displacement = mode.minus(start.plus(COMPARE_MODE));
        if (displacement != (int) displacement) {
            throw new IllegalArgumentException("no 32-bit displacement leads from " + start + " to " + mode);
        }
    }

    /** The bytes of the gate. */
    public CodeBytes encode() {
        Assembler forward = new Assembler(start.plus(COMPARE_MODE + SHORT_JUMP));
        choose(forward, staysOld, old, replacement);
        int around = forward.code().length();
        Assembler out = new Assembler(start);
        out.bytes(0x80, 0x3d).int32(mode.minus(start.plus(COMPARE_MODE))).bytes(0);
        out.bytes(0x70 | EQUAL, around).code(forward.code());
        choose(out, staysNew, replacement, old);
        return out.code();
    }

    private void choose(Assembler out, int mark, CodeAddress kept, CodeAddress others) {
        // cmpl $mark, %fs:word, without base or index (SDM volume 2, table 2-3)
        out.bytes(0x64, 0x81, 0x3c, 0x25).int32(word).int32(mark);
        out.jumpIf(EQUAL, kept).jump(others);
    }
}
