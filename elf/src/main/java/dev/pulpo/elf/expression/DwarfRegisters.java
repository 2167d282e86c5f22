package dev.pulpo.elf.expression;

import java.util.List;

/**
 * The numbers that DWARF gives to the general registers of x86-64 (System V psABI for AMD64, figure 3.36). Register
 * files are arrays indexed by them; sets of registers are bit masks, bit {@code n} for register
 * {@code n}.
 */
public final class DwarfRegisters {
    public static final int RAX = 0;
    public static final int RDX = 1;
    public static final int RCX = 2;
    public static final int RBX = 3;
    public static final int RSI = 4;
    public static final int RDI = 5;
    public static final int RBP = 6;
    public static final int RSP = 7;
    public static final int R8 = 8;
    public static final int R12 = 12;
    public static final int R15 = 15;
    /** The return address column; in a register file, the program counter. */
    public static final int RIP = 16;
    /** The first of the 16 vector registers. */
    public static final int XMM0 = 17;
    /** How many vector registers have consecutive numbers. */
    public static final int VECTORS = 16;
    /** How many bytes of a vector register its number denotes. */
    public static final int VECTOR_BYTES = 16;
    /** How many registers a register file holds. */
    public static final int COUNT = 17;

    /** Every register of a register file. */
    public static final int ALL = (1 << COUNT) - 1;
    /** The registers that a function must preserve, besides the stack pointer: rbx, rbp, r12 to r15. */
    public static final int CALLEE_SAVED = (1 << RBX) | (1 << RBP) | (0xf << R12);

    private static final int ST0 = 33;
    private static final int K0 = 118;
    private static final List<String> NAMES = List.of("rax", "rdx", "rcx", "rbx", "rsi", "rdi", "rbp", "rsp", "r8",
            "r9", "r10", "r11", "r12", "r13", "r14", "r15", "rip");

    private DwarfRegisters() {}

    /** The assembler's name of a register; rarely used ones are {@code reg} and the number. */
    public static String name(int register) {
        if (register >= XMM0 && register < XMM0 + VECTORS) {
            return "xmm" + (register - XMM0);
        }
        if (register >= ST0 && register < ST0 + Byte.SIZE) {
            return "st" + (register - ST0);
        }
        if (register >= K0 && register < K0 + Byte.SIZE) {
            return "k" + (register - K0);
        }
        return register >= 0 && register < COUNT ? NAMES.get(register) : "reg" + register;
    }
}
