package dev.pulpo.engine.image;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.ffm.RemoteAddress;

/** Small questions about the code around an address of a process, answered from the files that it has mapped. */
final class CodeText {
    /** {@code mov $15, %rax}, with which libc's {@code __restore_rt} and its likes begin; {@code syscall} follows. */
    private static final int[] RESTORER = {0x48, 0xc7, 0xc0, 0x0f, 0x00, 0x00, 0x00};

    private static final int LONGEST_CALL = 7;

    private CodeText() {}

    /**
     * Whether an address can be a return address: whether a call instruction ends there (SDM volume 2, CALL: E8 with 32
     * bits of displacement, or FF /2 with any operand). Bytes that only look like a call say yes as well.
     */
    static boolean followsCall(LoadedObject object, RemoteAddress address) {
        int[] before = bytes(object, address.plus(-LONGEST_CALL), LONGEST_CALL);
        if (before.length == 0) {
            return true;
        }
        if (before[LONGEST_CALL - 5] == 0xe8) {
            return true;
        }
        for (int length = 2; length <= LONGEST_CALL; length++) {
            int at = LONGEST_CALL - length;
            if (before[at] == 0xff && (before[at + 1] >> 3 & 7) == 2
                    && indirectLength(before[at + 1], at + 2 < LONGEST_CALL
                            ? before[at + 2]
                            : 0) == length) {
                return true;
            }
        }
        return false;
    }

    /** The length of opcode, ModRM, SIB and displacement (SDM volume 2, 2.1.3). */
    private static int indirectLength(int modrm, int sib) {
        int mod = modrm >> 6;
        int rm = modrm & 7;
        if (mod == 3) {
            return 2;
        }
        int length = rm == 4 ? 3 : 2;
        if (mod == 1) {
            return length + 1;
        }
        boolean wide = mod == 2 || rm == 5 || rm == 4 && (sib & 7) == 5;
        return wide ? length + 4 : length;
    }

    /** Whether a signal handler returns to this address. */
    static boolean isSignalReturn(LoadedObject object, RemoteAddress address) {
        return java.util.Arrays.equals(bytes(object, address, RESTORER.length), RESTORER);
    }

    private static int[] bytes(LoadedObject object, RemoteAddress address, int count) {
        try {
            ByteCursor cursor = object.elf().at(object.toLink(address), count);
            int[] bytes = new int[count];
            for (int i = 0; i < count; i++) {
                bytes[i] = cursor.u8();
            }
            return bytes;
        } catch (MalformedElfException notInTheFile) {
            // Between segments, or in .bss: no code of this file's.
            return new int[0];
        }
    }
}
