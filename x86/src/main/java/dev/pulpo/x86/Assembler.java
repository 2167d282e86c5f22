package dev.pulpo.x86;

import java.util.Arrays;

/** Writes the few instructions that moved code and trampolines need. None of them changes a flag. */
final class Assembler {
    private static final int FAR_JUMP = FarJump.Form.ABSOLUTE.length();

    private final CodeAddress start;
    private byte[] bytes = new byte[64];
    private int length;

    Assembler(CodeAddress start) {
        this.start = start;
    }

    /** The address of the next byte. */
    CodeAddress here() {
        return start.plus(length);
    }

    CodeBytes code() {
        return CodeBytes.at(start, Arrays.copyOf(bytes, length));
    }

    Assembler bytes(int... values) {
        for (int value : values) {
            if (length == bytes.length) {
                bytes = Arrays.copyOf(bytes, 2 * length);
            }
            bytes[length++] = (byte) value;
        }
        return this;
    }

    Assembler code(CodeBytes code) {
        for (byte b : code.toByteArray()) {
            bytes(b);
        }
        return this;
    }

    Assembler int32(long value) {
        return bytes((int) value, (int) (value >> 8), (int) (value >> 16), (int) (value >> 24));
    }

    Assembler int64(long value) {
        return int32(value).int32(value >> 32);
    }

    /** {@code endbr64}. */
    Assembler endbr64() {
        return bytes(0xf3, 0x0f, 0x1e, 0xfa);
    }

    /** {@code rdtsc}, into rax; changes rdx. It waits for nothing (SDM volume 2, RDTSC): a few instructions may overlap. */
    Assembler timeStamp() {
        return bytes(0x0f, 0x31, 0x48, 0xc1, 0xe2, 32, 0x48, 0x09, 0xd0);
    }

    /** {@code mov %fs:distance, %eax}: four bytes at a distance from the thread pointer. */
    Assembler threadWord(int distance) {
        return bytes(0x64, 0x8b, 0x04, 0x25).int32(distance);
    }

    /** A branch to a target in reach. */
    Assembler branch(NearBranch branch, CodeAddress target) {
        bytes(branch.opcode());
        return int32(target.minus(here().plus(4)));
    }

    /** A jump of five bytes if it reaches, else of fourteen. */
    Assembler jump(CodeAddress target) {
        return code(FarJump.between(here(), target).encode());
    }

    /** {@code jcc} of six bytes if it reaches, else the opposite condition around a jump. */
    Assembler jumpIf(int condition, CodeAddress target) {
        if (reaches(here().plus(6), target)) {
            bytes(0x0f, 0x80 | condition);
            return int32(target.minus(here().plus(4)));
        }
        return bytes(0x70 | (condition ^ 1), FAR_JUMP).jump(target);
    }

    /** {@code loop} or {@code jrcxz} over a short jump, which skips the jump to the target. */
    Assembler loop(CodeBytes instruction, CodeAddress target) {
        code(instruction.slice(instruction.start(), instruction.length() - 1));
        bytes(2, 0xeb, FarJump.between(here().plus(3), target).length());
        return jump(target);
    }

    /** A call; if five bytes do not reach, through an address in the code, which a short jump skips. */
    Assembler call(CodeAddress target) {
        if (reaches(here().plus(5), target)) {
            return branch(NearBranch.CALL, target);
        }
        return bytes(0xff, 0x15).int32(2).bytes(0xeb, 8).int64(target.value());
    }

    /** {@code movabs $value, register}. */
    Assembler load(int register, long value) {
        return bytes(0x48 | (register >> 3), 0xb8 | (register & 7)).int64(value);
    }

    /** {@code mov (register), register}, of eight bytes, or of four bytes, which clears the upper half. */
    Assembler follow(int register, boolean wide) {
        int low = register & 7;
        bytes((wide ? 0x48 : 0x40) | (register > 7 ? 5 : 0), 0x8b);
        // As bases, rsp and r12 need a SIB byte, and rbp and r13 a displacement (SDM volume 2, table 2-5).
        return switch (low) {
            case 4 -> bytes(0x24, 0x24);
            case 5 -> bytes(0x6d, 0);
            default -> bytes((low << 3) | low);
        };
    }

    /** A register, by its number, into the eight bytes at a distance from the stack pointer. */
    Assembler store(int register, int distance) {
        return onStack(0x89, register, distance);
    }

    /** A register from the eight bytes at a distance from the stack pointer. */
    Assembler restore(int register, int distance) {
        return onStack(0x8b, register, distance);
    }

    private Assembler onStack(int opcode, int register, int distance) {
        // The stack pointer as a base needs a SIB byte (SDM volume 2, table 2-3).
        boolean near = distance == (byte) distance;
        bytes(0x48 | register >> 3 << 2, opcode, (near ? 0x44 : 0x84) | (register & 7) << 3, 0x24);
        return near ? bytes(distance) : int32(distance);
    }

    /** The displacement to an operand, of an instruction that ends with it. */
    Assembler displacement(CodeAddress operand) {
        return int32(operand.minus(here().plus(4)));
    }

    private static boolean reaches(CodeAddress end, CodeAddress target) {
        long displacement = target.minus(end);
        return displacement == (int) displacement;
    }
}
