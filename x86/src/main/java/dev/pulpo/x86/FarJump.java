package dev.pulpo.x86;

import java.util.Arrays;
import java.util.Optional;

/**
 * An unconditional jump that changes no register and no flag, in the shorter of two forms:
 *
 * <pre>
 *   DIRECT     e9 dd dd dd dd                                jmp   target            within ±2 GiB
 *   ABSOLUTE   ff 25 00 00 00 00  tt tt tt tt tt tt tt tt    jmp   *0x0(%rip)        anywhere
 * </pre>
 *
 * The direct form is used if it reaches: it needs no load and no indirect-branch prediction, and indirect branch tracking
 * ignores it. For the absolute form, a process with tracking enabled requires an {@code endbr64} at the target (SDM
 * volume 1, section 17.3); functions built for such a process have one.
 *
 * @param from   the address of the jump itself
 * @param target its target
 * @param form   its encoding
 */
public record FarJump(CodeAddress from, CodeAddress target, Form form) {
    /** The encoding of the jump. */
    public enum Form {
        /** {@code jmp rel32}. */
        DIRECT(NearBranch.LENGTH),
        /** {@code jmp *0(%rip)}, followed by the eight bytes of the target. */
        ABSOLUTE(14);

        private final int length;

        Form(int length) {
            this.length = length;
        }

        /** How many bytes the jump takes, data included. */
        public int length() {
            return length;
        }
    }

    /** Refuses a direct jump that does not reach its target. */
    public FarJump {
        if (form == Form.DIRECT && !reachesDirectly(from, target)) {
            throw new IllegalArgumentException("no 32-bit displacement leads from " + from + " to " + target);
        }
    }

    /** The jump from one address to another, direct if it reaches. */
    public static FarJump between(CodeAddress from, CodeAddress target) {
        return new FarJump(from, target, reachesDirectly(from, target) ? Form.DIRECT : Form.ABSOLUTE);
    }

    /** Whether a {@code jmp rel32} at {@code from} reaches {@code target}. */
    public static boolean reachesDirectly(CodeAddress from, CodeAddress target) {
        long displacement = target.minus(from.plus(Form.DIRECT.length));
        return displacement == (int) displacement;
    }

    /** The jump at an address in the given bytes, if it has one of these two forms. */
    public static Optional<FarJump> recognise(CodeBytes code, CodeAddress at) {
        if (code.covers(at, Form.DIRECT.length) && code.byteAt(at) == NearBranch.JUMP.opcode()) {
            CodeAddress target = at.plus(Form.DIRECT.length + code.int32At(at.plus(1)));
            return Optional.of(new FarJump(at, target, Form.DIRECT));
        }
        if (code.covers(at, Form.ABSOLUTE.length) && code.byteAt(at) == 0xff && code.byteAt(at.plus(1)) == 0x25
                && code.int32At(at.plus(2)) == 0) {
            return Optional.of(new FarJump(at, new CodeAddress(code.int64At(at.plus(6))), Form.ABSOLUTE));
        }
        return Optional.empty();
    }

    /** How many bytes the jump takes. */
    public int length() {
        return form.length;
    }

    /** The bytes of the jump. */
    public CodeBytes encode() {
        return encode(form.length);
    }

    /** The bytes of the jump, padded with one-byte nops to {@code length} bytes. */
    CodeBytes encode(int length) {
        if (length < form.length) {
            throw new IllegalArgumentException(form + " does not fit into " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, form.length, length, (byte) Nops.ONE);
        switch (form) {
            case DIRECT -> {
                bytes[0] = (byte) NearBranch.JUMP.opcode();
                littleEndian(bytes, 1, 4, target.minus(from.plus(form.length)));
            }
            case ABSOLUTE -> {
                bytes[0] = (byte) 0xff;
                bytes[1] = 0x25;
                littleEndian(bytes, 6, 8, target.value());
            }
        }
        return CodeBytes.at(from, bytes);
    }

    private static void littleEndian(byte[] bytes, int at, int count, long value) {
        for (int i = 0; i < count; i++) {
            bytes[at + i] = (byte) (value >> (8 * i));
        }
    }

    @Override
    public String toString() {
        return from + " -> " + target + (form == Form.DIRECT ? " (jmp rel32)" : " (jmp *0(%rip))");
    }
}
