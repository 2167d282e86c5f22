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
 * The direct form is used wherever it reaches: it costs no load and no indirect-branch prediction, and indirect branch
 * tracking does not look at it. After the absolute form a process with tracking enabled demands an {@code endbr64} at
 * the target (SDM volume 1, section 17.3); functions built for such a process have one.
 *
 * @param from   the address of the jump itself
 * @param target where it goes
 * @param form   how it is written
 */
public record FarJump(CodeAddress from, CodeAddress target, Form form) {
    /** How the jump is written. */
    public enum Form {
        /** {@code jmp rel32}. */
        DIRECT(5),
        /** {@code jmp *0(%rip)} with the eight bytes of the target behind it. */
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

    private static final int JMP_REL32 = 0xe9;
    private static final byte NOP = (byte) 0x90;

    /** Refuses a direct jump to where it does not reach. */
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

    /** The jump that stands at an address among the given bytes, if one of these two forms does. */
    public static Optional<FarJump> recognise(CodeBytes code, CodeAddress at) {
        if (code.covers(at, Form.DIRECT.length) && code.byteAt(at) == JMP_REL32) {
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

    /** The bytes of the jump, and one-byte nops behind it until there are {@code length} bytes. */
    CodeBytes encode(int length) {
        if (length < form.length) {
            throw new IllegalArgumentException(form + " does not fit into " + length + " bytes");
        }
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, form.length, length, NOP);
        switch (form) {
            case DIRECT -> {
                bytes[0] = (byte) JMP_REL32;
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
