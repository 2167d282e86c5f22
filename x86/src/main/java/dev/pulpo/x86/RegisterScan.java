package dev.pulpo.x86;

import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Deque;

/** Analyses how code uses a general register. */
public final class RegisterScan {
    private RegisterScan() {}

    /**
     * Whether nothing reads a register until the function returns: no instruction on any path names it. Callers and
     * called functions do not read it either, as is true of {@code r10} and {@code r11} (psABI, section 3.2.1). The
     * answer is no if the code leaves the given bytes, jumps through a register, cannot be decoded, or makes a system
     * call.
     *
     * @param code     the code, from the first instruction on
     * @param register 8 to 15, which no instruction uses without naming them
     */
    public static boolean isUnread(byte[] code, int register) {
        if (register < 8 || register > 15) {
            throw new IllegalArgumentException("register " + register + " may be used without being named");
        }
        Decoder decoder = new Decoder();
        BitSet seen = new BitSet(code.length);
        Deque<Integer> open = new ArrayDeque<>();
        open.add(0);
        while (!open.isEmpty()) {
            int at = open.remove();
            if (seen.get(at)) {
                continue;
            }
            seen.set(at);
            int length = decoder.decode(code, at, code.length);
            if (length == 0 || !isLegacy(decoder) || decoder.mayName(register)) {
                return false;
            }
            Flow flow = decoder.flow();
            if (flow == Flow.INDIRECT_JUMP || flow == Flow.INTERRUPT) {
                return false;
            }
            if (flow.isDirect() && flow != Flow.CALL && !follow(at + length + decoder.branchDisplacement(), code, open)
                    || flow.fallsThrough() && !follow(at + length, code, open)) {
                return false;
            }
        }
        return true;
    }

    /** Whether {@link Decoder#mayName} sees all its registers. */
    private static boolean isLegacy(Decoder decoder) {
        return !decoder.isApx() && switch (decoder.opcodeMap()) {
            case ONE, X0F, X38, X3A -> true;
            default -> false;
        };
    }

    private static boolean follow(long to, byte[] code, Deque<Integer> open) {
        if (to < 0 || to >= code.length) {
            return false;
        }
        open.add((int) to);
        return true;
    }
}
