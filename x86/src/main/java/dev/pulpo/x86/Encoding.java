package dev.pulpo.x86;

import java.util.Map;

/**
 * The properties of one encoding from {@code opcodes.txt}, as one number:
 *
 * <pre>
 *    0       it is an instruction          11-14  lock, rsp, wf, rf
 *    1       ModRM follows                 15-19  L0, L1, W0, W1, v0
 *    2       ModRM.mod is ignored          20     SIB is needed
 *    3-6     immediate                     28-29  0: this number is complete; otherwise bits 3 to 26 are an index:
 *    7-10    flow                                 1: by mandatory prefix; 2: by mandatory prefix and ModRM
 *    21-24   bytes of the immediate, if nothing changes them
 *    25      prefixes change them
 * </pre>
 */
final class Encoding {
    static final int VALID = 1;
    static final int MODRM = 1 << 1;
    static final int ANY_MOD = 1 << 2;
    static final int IMMEDIATE_SHIFT = 3;
    static final int FLOW_SHIFT = 7;
    static final int LOCK = 1 << 11;
    static final int STACK = 1 << 12;
    static final int WRITES_FLAGS = 1 << 13;
    static final int READS_FLAGS = 1 << 14;
    static final int L0 = 1 << 15;
    static final int L1 = 1 << 16;
    static final int W0 = 1 << 17;
    static final int W1 = 1 << 18;
    static final int V0 = 1 << 19;
    static final int SIB = 1 << 20;
    static final int SIZE_SHIFT = 21;
    static final int VARIES = 1 << 25;
    static final int BY_PREFIX = 1 << 28;
    static final int BY_MODRM = 1 << 29;
    static final int INDEX_SHIFT = 3;
    static final int INDEX_MASK = 0xff_ffff;

    static final int IB = 1;
    static final int IW = 2;
    static final int IZ = 3;
    static final int IV = 4;
    static final int IWIB = 5;
    static final int IBIB = 6;
    static final int ID = 7;
    static final int MOFFS = 8;
    static final int JB = 9;
    static final int JZ = 10;
    /** For {@code xbegin}, whose displacement is shorter with an operand-size prefix. */
    static final int JV = 11;

    /** The size of an immediate in bytes, by its kind, 8 for {@code W}, 2 and 1 for {@link Prefixes#sizes}. */
    static final int[] IMMEDIATE_SIZE = new int[16 << 4];

    static {
        for (int i = 0; i < IMMEDIATE_SIZE.length; i++) {
            IMMEDIATE_SIZE[i] = immediateSize(i >> 4, (i & 8) != 0, (i & 9) == 1, (i & 2) != 0);
        }
    }

    private static final Map<String, Integer> TAGS = Map.ofEntries(Map.entry("modrm", MODRM),
            Map.entry("nomodrm", 0), Map.entry("anymod", MODRM | ANY_MOD), immediate("ib", IB), immediate("iw", IW),
            immediate("iz", IZ), immediate("iv", IV), immediate("iwib", IWIB), immediate("ibib", IBIB),
            immediate("id", ID), immediate("moffs", MOFFS), immediate("jb", JB), immediate("jz", JZ),
            immediate("jv", JV),
            Map.entry("lock", LOCK), Map.entry("rsp", STACK), Map.entry("wf", WRITES_FLAGS),
            Map.entry("rf", READS_FLAGS), Map.entry("L0", L0), Map.entry("L1", L1), Map.entry("W0", W0),
            Map.entry("W1", W1), Map.entry("v0", V0), Map.entry("sib", SIB), flow("call", Flow.CALL),
            flow("jmp", Flow.JUMP), flow("jcc", Flow.CONDITIONAL), flow("loop", Flow.LOOP),
            flow("icall", Flow.INDIRECT_CALL), flow("ijmp", Flow.INDIRECT_JUMP), flow("ret", Flow.RETURN),
            flow("int", Flow.INTERRUPT), flow("halt", Flow.HALT));

    private Encoding() {}

    /** The bits of a tag of {@code opcodes.txt}. */
    static int ofTag(String tag) {
        Integer bits = TAGS.get(tag);
        if (bits == null) {
            throw new IllegalStateException("no tag is called \"" + tag + '"');
        }
        return bits;
    }

    /** The bits of a kind of immediate. */
    static int ofImmediate(int kind) {
        int size = immediateSize(kind, false, false, false);
        boolean fixed = size == immediateSize(kind, true, false, false)
                && size == immediateSize(kind, false, true, true);
        return kind << IMMEDIATE_SHIFT | size << SIZE_SHIFT | (fixed ? 0 : VARIES);
    }

    private static int immediateSize(int kind, boolean w, boolean word, boolean shortAddress) {
        return switch (kind) {
            case IB, JB -> 1;
            case IW, IBIB -> 2;
            case IWIB -> 3;
            case IZ, JV -> word ? 2 : 4;
            case IV -> w ? 8 : word ? 2 : 4;
            case MOFFS -> shortAddress ? 4 : 8;
            // Intel's processors ignore 66 at near branches, AMD's do not (Decoder.isVendorDependent).
            case ID, JZ -> 4;
            default -> 0;
        };
    }

    static int immediate(int encoding) {
        return (encoding >> IMMEDIATE_SHIFT) & 0xf;
    }

    /** The size of the immediate in bytes, unless prefixes change it. */
    static int usualSize(int encoding) {
        return (encoding >> SIZE_SHIFT) & 0xf;
    }

    static int flow(int encoding) {
        return (encoding >> FLOW_SHIFT) & 0xf;
    }

    private static Map.Entry<String, Integer> immediate(String tag, int kind) {
        return Map.entry(tag, ofImmediate(kind));
    }

    private static Map.Entry<String, Integer> flow(String tag, Flow flow) {
        return Map.entry(tag, flow.number() << FLOW_SHIFT);
    }
}
