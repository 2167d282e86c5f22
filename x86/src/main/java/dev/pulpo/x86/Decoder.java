package dev.pulpo.x86;

/**
 * Reads one instruction of 64-bit code after the other: how long each is, where control goes after it, and where in it
 * those parts are that depend on its address. Known are the legacy, VEX, EVEX, XOP and 3DNow! encodings; not APX (REX2
 * and the extended EVEX), which counts as invalid.
 *
 * <p>A decoder is a reusable object: {@link #decode} replaces what it holds and allocates nothing. It belongs to one
 * thread at a time. {@link Instruction} is the same as an immutable value.
 *
 * <p>Bytes that are no instruction are an answer, not an error. They are told from instructions where opcode, mandatory
 * prefix, ModRM, vector length or {@code W} say so; that a processor lacks an extension does not count.
 */
public final class Decoder {
    /** What {@link #decode} found. */
    public enum Status {
        /** An instruction. */
        VALID,
        /** No instruction, or one of more than fifteen bytes; a processor raises #UD or #GP (SDM volume 3, section 6.15). */
        INVALID,
        /** The beginning of an instruction; its end is beyond the given bytes. */
        TRUNCATED
    }

    /** No instruction is longer (SDM volume 2, section 2.3.11). */
    public static final int MAX_LENGTH = 15;

    private static final int[] PRIMARY = OpcodeTable.primary();
    private static final int[] SECONDARY = OpcodeTable.secondary();
    private static final int X0F = OpcodeMap.X0F.first();

    private static final int REX_W = 8;
    private static final int REX_R = 4;
    private static final int REX_B = 1;
    private static final int REX = 0x40;
    /** SDM volume 2, sections 2.3.2 to 2.3.4. */
    private static final int FORBIDDEN_BEFORE_VECTOR = Prefixes.LOCK | Prefixes.F2 | Prefixes.F3
            | Prefixes.OPERAND_SIZE;

    private static final int OUT_OF_BYTES = -1;
    private static final int NONE = -2;

    private Status status = Status.INVALID;
    private int length;
    private int opcode;
    private int encoding;
    private int prefixes;
    private int rex;
    private int modRm;
    private int sib;
    private int displacementOffset;
    private int displacementSize;
    private int immediateOffset;
    private int immediateSize;
    private long relative;

    private byte[] code = new byte[0];
    private int start;
    private int limit;

    /** A decoder that has decoded nothing yet. */
    public Decoder() {}

    /**
     * Reads the instruction that begins at {@code from}.
     *
     * @param bytes code
     * @param from  the index of the first byte
     * @param to    the index behind the last byte that may be looked at
     * @return its length, or 0 when there is none: then {@link #status()} says why
     */
    public int decode(byte[] bytes, int from, int to) {
        if (from < 0 || to > bytes.length || from > to) {
            throw new IndexOutOfBoundsException(from + ".." + to + " of " + bytes.length + " bytes");
        }
        code = bytes;
        start = from;
        limit = Math.min(to, from + MAX_LENGTH);
        displacementSize = 0;
        immediateSize = 0;
        rex = 0;
        prefixes = 0;
        sib = -1;
        modRm = -1;
        relative = 0;
        int end = read(from);
        if (end > 0) {
            status = Status.VALID;
            length = end - from;
        } else {
            status = end == OUT_OF_BYTES && limit == to && to - from < MAX_LENGTH ? Status.TRUNCATED : Status.INVALID;
            length = 0;
        }
        return length;
    }

    private int read(int from) {
        int at = from;
        while (at < limit) {
            int b = code[at++] & 0xff;
            int entry = PRIMARY[b];
            if ((entry & Encoding.VALID) != 0) {
                opcode = b;
                return operands(entry, at);
            }
            if ((b & 0xf0) == REX) {
                rex = b;
                continue;
            }
            int prefix = Prefixes.ofByte(b);
            if (prefix != 0) {
                // A REX prefix counts only right before the opcode (SDM volume 2, section 2.2.1).
                prefixes = Prefixes.add(prefixes, prefix);
                rex = 0;
                continue;
            }
            if (b == 0x0f) {
                return escape(at);
            }
            if (b == 0xc5 || b == 0xc4 || b == 0x62) {
                return vector(b, at);
            }
            if (b == 0x8f) {
                return at == limit ? OUT_OF_BYTES : (code[at] & 0x1f) >= 8 ? vector(b, at) : group(PRIMARY[b], b, at);
            }
            return group(entry, b, at);
        }
        return OUT_OF_BYTES;
    }

    private int escape(int from) {
        int at = from;
        if (at == limit) {
            return OUT_OF_BYTES;
        }
        int b = code[at++] & 0xff;
        int map = X0F;
        if (b == 0x38 || b == 0x3a) {
            map = (b == 0x38 ? OpcodeMap.X38 : OpcodeMap.X3A).first();
            if (at == limit) {
                return OUT_OF_BYTES;
            }
            b = code[at++] & 0xff;
        }
        int entry = PRIMARY[map + b];
        opcode = map + b;
        return (entry & (Encoding.BY_PREFIX | Encoding.BY_MODRM)) == 0
                ? operands(entry, at)
                : group(entry, map + b, at);
    }

    private int group(int entry, int where, int at) {
        opcode = where;
        int index = (entry >> Encoding.INDEX_SHIFT) & Encoding.INDEX_MASK;
        int mandatory = Prefixes.mandatory(prefixes);
        if ((entry & Encoding.BY_PREFIX) != 0) {
            return operands(SECONDARY[index + mandatory], at);
        }
        if ((entry & Encoding.BY_MODRM) != 0) {
            if (at == limit) {
                return OUT_OF_BYTES;
            }
            int row = OpcodeTable.ofModRm(code[at] & 0xff);
            return operands(SECONDARY[index + mandatory * OpcodeTable.MODRMS + row], at);
        }
        return NONE;
    }

    /** VEX, EVEX and XOP (SDM volume 2, sections 2.3 and 2.7; AMD volume 6, section 1.3). */
    private int vector(int first, int from) {
        int payload = first == 0xc5 ? 1 : first == 0x62 ? 3 : 2;
        if (limit - from < payload + 1) {
            return OUT_OF_BYTES;
        }
        if ((prefixes & FORBIDDEN_BEFORE_VECTOR) != 0 || rex != 0) {
            return NONE;
        }
        int p0 = code[from] & 0xff;
        int p1 = first == 0xc5 ? p0 & 0x7f : code[from + 1] & 0xff;
        int map = first == 0xc5 ? OpcodeMap.VEX_0F.first() : vectorMap(first, p0);
        if (map < 0) {
            return NONE;
        }
        // The register extensions are stored inverted; VEX has them where REX has, but in the upper bits.
        rex = ((p1 & 0x80) >> 4) | (first == 0xc5 ? (~p0 & 0x80) >> 5 : (~p0 & 0xe0) >> 5);
        opcode = map + (code[from + payload] & 0xff);
        int at = from + payload + 1;
        int modRmByte = at < limit ? code[at] & 0xff : 0;
        int entry = PRIMARY[opcode];
        if ((entry & Encoding.BY_MODRM) != 0 && at == limit) {
            return OUT_OF_BYTES;
        }
        int index = (entry >> Encoding.INDEX_SHIFT) & Encoding.INDEX_MASK;
        if ((entry & Encoding.BY_PREFIX) != 0) {
            entry = SECONDARY[index + (p1 & 3)];
        } else if ((entry & Encoding.BY_MODRM) != 0) {
            entry = SECONDARY[index + (p1 & 3) * OpcodeTable.MODRMS + OpcodeTable.ofModRm(modRmByte)];
        }
        if ((entry & Encoding.MODRM) != 0 && at == limit) {
            return OUT_OF_BYTES;
        }
        boolean allowed = first == 0x62
                ? evexAllows(p0, p1, code[from + 2] & 0xff, modRmByte, entry)
                : vexAllows(entry, p1);
        return allowed ? operands(entry, at) : NONE;
    }

    private static int vectorMap(int first, int p0) {
        int map = first == 0x62 ? p0 & 7 : p0 & 0x1f;
        return switch (first) {
            case 0xc4 -> map >= 1 && map <= 3 ? OpcodeMap.VEX_0F.first() + (map - 1) * OpcodeTable.OPCODES : NONE;
            case 0x8f -> map >= 8 && map <= 10 ? OpcodeMap.XOP_8.first() + (map - 8) * OpcodeTable.OPCODES : NONE;
            default -> switch (map) {
                case 1, 2, 3 -> OpcodeMap.EVEX_0F.first() + (map - 1) * OpcodeTable.OPCODES;
                case 5, 6 -> OpcodeMap.EVEX_5.first() + (map - 5) * OpcodeTable.OPCODES;
                default -> NONE;
            };
        };
    }

    private static boolean vexAllows(int entry, int p1) {
        boolean l = (p1 & 4) != 0;
        boolean w = (p1 & 0x80) != 0;
        return (entry & (l ? Encoding.L0 : Encoding.L1)) == 0 && (entry & (w ? Encoding.W0 : Encoding.W1)) == 0
                && ((entry & Encoding.V0) == 0 || (p1 & 0x78) == 0x78);
    }

    /** What is fixed in EVEX, whatever the instruction (SDM volume 2, section 2.7.11.1). */
    private static boolean evexAllows(int p0, int p1, int p2, int modRm, int entry) {
        boolean reservedBits = (p0 & 8) != 0 || (p1 & 4) == 0;
        boolean zeroesUnderNoMask = (p2 & 0x80) != 0 && (p2 & 7) == 0;
        // 3 is no vector length, but it is a rounding mode, which only registers have.
        boolean noLength = (p2 & 0x60) == 0x60 && ((p2 & 0x10) == 0 || modRm < 0xc0);
        boolean gathersUnderNoMask = (entry & Encoding.SIB) != 0 && (p2 & 7) == 0;
        return !reservedBits && !zeroesUnderNoMask && !noLength && !gathersUnderNoMask;
    }

    private int operands(int entry, int from) {
        encoding = entry;
        if ((entry & Encoding.VALID) == 0) {
            return NONE;
        }
        int at = from;
        if ((entry & Encoding.MODRM) != 0) {
            at = memoryOperand(entry, at);
            if (at < 0) {
                return at;
            }
        }
        if ((prefixes & Prefixes.LOCK) != 0 && ((entry & Encoding.LOCK) == 0 || modRm >= 0xc0)) {
            return NONE;
        }
        int kind = Encoding.immediate(entry);
        return kind == 0 ? at : immediate(kind, at);
    }

    /** ModRM, SIB and displacement (SDM volume 2, section 2.1.5). */
    private int memoryOperand(int entry, int from) {
        int at = from;
        if (at >= limit) {
            return OUT_OF_BYTES;
        }
        modRm = code[at++] & 0xff;
        if ((entry & Encoding.ANY_MOD) != 0) {
            // Of the upper eight control and debug registers only cr8 exists.
            boolean exists = (rex & REX_R) == 0 || ((opcode & 1) == 0 && (modRm & 0x38) == 0);
            return exists ? at : NONE;
        }
        int mod = modRm >> 6;
        if (mod == 3) {
            return at;
        }
        int base = modRm & 7;
        if (base == 4) {
            if (at >= limit) {
                return OUT_OF_BYTES;
            }
            sib = code[at++] & 0xff;
            base = sib & 7;
        } else if ((entry & Encoding.SIB) != 0) {
            return NONE;
        }
        displacementOffset = at - start;
        displacementSize = mod == 1 ? 1 : mod == 2 || base == 5 ? 4 : 0;
        at += displacementSize;
        return at > limit ? OUT_OF_BYTES : at;
    }

    private int immediate(int kind, int from) {
        boolean w = (rex & REX_W) != 0;
        boolean word = (prefixes & Prefixes.OPERAND_SIZE) != 0 && !w;
        immediateSize = switch (kind) {
            case Encoding.IB, Encoding.JB -> 1;
            case Encoding.IW, Encoding.IBIB -> 2;
            case Encoding.IWIB -> 3;
            case Encoding.IZ -> word ? 2 : 4;
            case Encoding.IV -> w ? 8 : word ? 2 : 4;
            case Encoding.MOFFS -> (prefixes & Prefixes.ADDRESS_SIZE) != 0 ? 4 : 8;
            // Intel's processors ignore 66 at near branches, AMD's do not (isVendorDependent); xbegin heeds it.
            case Encoding.JZ -> modRm >= 0 && word ? 2 : 4;
            default -> 4;
        };
        immediateOffset = from - start;
        int end = from + immediateSize;
        if (end > limit) {
            return OUT_OF_BYTES;
        }
        if (kind >= Encoding.JB) {
            relative = littleEndian(from, immediateSize);
        } else if (opcode == X0F + 0x0f && !Amd3dNow.isOpcode(code[from] & 0xff)) {
            return NONE;
        }
        return end;
    }

    private long littleEndian(int from, int size) {
        long value = code[from + size - 1];
        for (int i = from + size - 2; i >= from; i--) {
            value = (value << 8) | (code[i] & 0xff);
        }
        return value;
    }

    /** What the last call of {@link #decode} found; the other answers count only for {@link Status#VALID}. */
    public Status status() {
        return status;
    }

    /** How many bytes the instruction has, prefixes included; 0 when there is none. */
    public int length() {
        return length;
    }

    /** Where control goes after it. */
    public Flow flow() {
        return Flow.of(Encoding.flow(encoding));
    }

    /** For the flows that are {@linkplain Flow#isDirect() direct}: how far from the end of the instruction the target is. */
    public long branchDisplacement() {
        return relative;
    }

    /** The table in which the opcode stands. */
    public OpcodeMap opcodeMap() {
        return OpcodeMap.of(opcode >> 8);
    }

    /** The opcode byte in its map. */
    public int opcode() {
        return opcode & 0xff;
    }

    /** The ModRM byte, or -1 if the instruction has none. */
    public int modRm() {
        return modRm;
    }

    /** The register number in ModRM.reg, with its extension by REX. */
    int registerField() {
        return ((modRm >> 3) & 7) | ((rex & REX_R) << 1);
    }

    /** The number of the register in ModRM.reg; meaningful for instructions that have a general register there. */
    public int register() {
        return registerField();
    }

    /** The number of the register in ModRM.rm; -1 where that is memory or there is no ModRM byte. */
    public int otherRegister() {
        return modRm < 0xc0 ? -1 : modRm & 7 | (rex & REX_B) << 3;
    }

    boolean isWide() {
        return (rex & REX_W) != 0;
    }

    boolean hasLegacyPrefix() {
        return prefixes != 0;
    }

    /** Whether the register in ModRM.rm or the base of the memory operand is one of the upper eight. */
    boolean extendsBase() {
        return (rex & REX_B) != 0;
    }

    /** Whether it uses {@code rsp} by what it does. */
    boolean usesStack() {
        return (encoding & Encoding.STACK) != 0;
    }

    /** Whether a prefix says that its memory operand counts from the base of FS or GS. */
    public boolean hasSegmentBase() {
        return (prefixes & (Prefixes.FS | Prefixes.GS)) != 0;
    }

    /** The lower four bits of the register in VEX.vvvv or its like; -1 where there is no such field. */
    int vectorRegister(byte[] instruction) {
        if (opcodeMap() == OpcodeMap.ONE || opcodeMap() == OpcodeMap.X0F || opcodeMap() == OpcodeMap.X38
                || opcodeMap() == OpcodeMap.X3A) {
            return -1;
        }
        int at = 0;
        while (Prefixes.ofByte(instruction[at] & 0xff) != 0) {
            at++;
        }
        int payload = (instruction[at] & 0xff) == 0xc5 ? 1 : 2;
        return ~instruction[at + payload] >> 3 & 0xf;
    }

    /** Whether the memory operand is given relative to the end of the instruction. */
    public boolean isRipRelative() {
        return displacementSize == 4 && (modRm & 0xc7) == 5;
    }

    /** Where in the instruction the displacement of its memory operand is; count only if its size is not 0. */
    public int displacementOffset() {
        return displacementOffset;
    }

    /** How many bytes the displacement of the memory operand has: 0, 1 or 4. */
    public int displacementSize() {
        return displacementSize;
    }

    /** The displacement of the memory operand, 0 if it has none; EVEX scales those of one byte. */
    public long displacement() {
        return displacementSize == 0 ? 0 : littleEndian(start + displacementOffset, displacementSize);
    }

    /** Where in the instruction its immediate or branch displacement is; counts only if its size is not 0. */
    public int immediateOffset() {
        return immediateOffset;
    }

    /** How many bytes its immediates have (two of them count as one), or its branch displacement: 0 to 8. */
    public int immediateSize() {
        return immediateSize;
    }

    /** Whether an address-size prefix makes addresses, and the counter of {@code loop}, 32 bits wide. */
    public boolean has32BitAddresses() {
        return (prefixes & Prefixes.ADDRESS_SIZE) != 0;
    }

    /** Whether the {@code notrack} prefix exempts this indirect branch from indirect branch tracking. */
    public boolean isNotrack() {
        return (prefixes & Prefixes.DS) != 0
                && (flow() == Flow.INDIRECT_JUMP || flow() == Flow.INDIRECT_CALL);
    }

    /**
     * Whether Intel's and AMD's processors read it differently: a near branch with an operand-size prefix and without
     * REX.W has a displacement of four bytes on the former and of two on the latter, which also cut the target to 16
     * bits. The length given here is Intel's.
     */
    public boolean isVendorDependent() {
        return (prefixes & Prefixes.OPERAND_SIZE) != 0 && (rex & REX_W) == 0 && modRm < 0
                && (flow().isDirect() || (flow() == Flow.RETURN && (opcode & ~1) == 0xc2));
    }

    /** Whether it may change one of the arithmetic flags. */
    public boolean writesFlags() {
        return (encoding & Encoding.WRITES_FLAGS) != 0;
    }

    /** Whether it depends on one of the arithmetic flags. */
    public boolean readsFlags() {
        return (encoding & Encoding.READS_FLAGS) != 0;
    }

    /**
     * Whether it may use {@code rsp}: by what it does, as base of its memory operand, or because a register field has its
     * number. The latter also holds for {@code xmm4} and its like: the answer may be yes too often, never no.
     */
    public boolean mayUseStackPointer() {
        if ((encoding & Encoding.STACK) != 0) {
            return true;
        }
        boolean lowBase = (rex & REX_B) == 0;
        if (modRm < 0) {
            return lowBase && (opcode & 7) == 4;
        }
        boolean reg = (modRm & 0x38) == 0x20 && (rex & REX_R) == 0;
        boolean named = modRm >= 0xc0 || (encoding & Encoding.ANY_MOD) != 0;
        boolean base = lowBase && (named ? (modRm & 7) == 4 : sib >= 0 && (sib & 7) == 4);
        return reg || base;
    }
}
