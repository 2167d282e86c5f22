package dev.pulpo.x86;

import java.util.OptionalInt;

/** The instructions by which C libraries make system calls (SDM volume 2, MOV and SYSCALL). */
public final class SystemCallCode {
    /** The size of {@code mov $number, %eax; syscall} in bytes. */
    public static final int LENGTH = 7;

    private static final int MOV_EAX = 0xb8;

    private SystemCallCode() {}

    /** The number in {@code mov $number, %eax; syscall}, if these bytes are that code. */
    public static OptionalInt number(byte[] code) {
        boolean is = code.length == LENGTH && (code[0] & 0xff) == MOV_EAX && code[5] == 0x0f && code[6] == 0x05;
        return is ? OptionalInt.of(CodeScan.int32(code, 1)) : OptionalInt.empty();
    }

    /** {@code syscall; ret}. */
    public static byte[] callAndReturn() {
        return new byte[]{0x0f, 0x05, (byte) 0xc3};
    }

    /** {@code mov $number, %rax; syscall}: the form of glibc's signal restorer. */
    public static byte[] wide(int number) {
        return new Assembler(new CodeAddress(0)).bytes(0x48, 0xc7, 0xc0).int32(number).bytes(0x0f, 0x05).code()
                .toByteArray();
    }
}
