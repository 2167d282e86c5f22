package dev.pulpo.x86;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.BitSet;

/**
 * Finds instructions at every byte, for code whose instruction boundaries are unknown: data in the code hides none, but a
 * match may be part of another instruction. Instructions are found by the four-byte distance at their end.
 */
public final class CodeScan {
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private CodeScan() {}

    /** Four bytes as a little-endian signed number. */
    public static int int32(byte[] code, int at) {
        return (int) INT.get(code, at);
    }

    /** The target index of a distance. */
    public static long target(byte[] code, int distance) {
        return distance + 4L + int32(code, distance);
    }

    /**
     * The beginning of the branch that ends with this distance, without prefixes: {@code call}, {@code jmp} or, after
     * {@code 0f}, {@code jcc} (SDM volume 2, appendix A); -1 if there is none.
     */
    public static int branch(byte[] code, int distance) {
        int opcode = distance > 0 ? code[distance - 1] : 0;
        if ((opcode & 0xfe) == 0xe8) {
            return distance - 1;
        }
        return (opcode & 0xf0) == 0x80 && distance > 1 && code[distance - 2] == 0x0f ? distance - 2 : -1;
    }

    /** What is done with a branch that may be one; indexes into the code. */
    @FunctionalInterface
    public interface BranchConsumer {
        void accept(int branch, int distance, int target);
    }

    /** Finds what may be branches with a distance of four bytes, to any of these places. */
    public static void branchesTo(byte[] code, BitSet places, BranchConsumer consumer) {
        for (int i = 1; i + Integer.BYTES <= code.length; i++) {
            int branch = branch(code, i);
            if (branch >= 0) {
                long target = target(code, i);
                if (target >= 0 && target < code.length && places.get((int) target)) {
                    consumer.accept(branch, i, (int) target);
                }
            }
        }
    }

    /** Whether a {@code lea} may end with this distance, which is then relative to its end. */
    public static boolean isLea(byte[] code, int distance) {
        return distance > 1 && code[distance - 2] == (byte) Decoder.LEA && (code[distance - 1] & 0xc7) == 5;
    }

    /** Whether {@code int3} or {@code ud2} stands here, with which compilers fill what is never reached. */
    public static boolean isTrap(byte[] code, int at) {
        return code[at] == (byte) 0xcc || code[at] == 0x0f && at + 1 < code.length && code[at + 1] == 0x0b;
    }

    /** Whether all of these bytes are prefixes of the instruction after them. */
    public static boolean arePrefixes(byte[] code, int from, int to) {
        int at = from;
        while (at < to && Decoder.isPrefix(code[at] & 0xff)) {
            at++;
        }
        return at >= to;
    }
}
