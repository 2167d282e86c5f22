package dev.pulpo.x86;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Decodes instructions of 64-bit code: their length, their control flow, and the parts that depend on their address.
 * Supports the legacy, VEX, EVEX, XOP and 3DNow! encodings, and those of APX: REX2 and the extended EVEX.
 *
 * <p>A decoder is reusable: {@link #decode} replaces its content and allocates nothing. Not thread-safe.
 *
 * <p>Bytes that are not an instruction are a result, not an error. They are recognised by opcode, mandatory prefix,
 * ModRM, vector length or {@code W}; an instruction that a processor lacks still counts.
 */
public final class Decoder {
    /** The result of {@link #decode}. */
    public enum Status {
        /** An instruction. */
        VALID,
        /**
         * Not an instruction, or one of more than fifteen bytes; a processor raises #UD or #GP (SDM volume 3, section
         * 6.15).
         */
        INVALID,
        /** The beginning of an instruction; its end is beyond the given bytes. */
        TRUNCATED
    }

    /** No instruction is longer (SDM volume 2, section 2.3.11). */
    public static final int MAX_LENGTH = 15;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class,
            ByteOrder.LITTLE_ENDIAN);
    private static final int[] PRIMARY = OpcodeTable.primary();
    private static final int[] SECONDARY = OpcodeTable.secondary();
    private static final int X0F = OpcodeMap.X0F.first();
    private static final int NOW3D = X0F + 0x0f;
    /** The most bytes that are read from the beginning of an instruction, whatever they are. */
    private static final int READABLE = 32;

    static final int LEA = 0x8d;
    private static final int NOP_WITH_OPERAND = X0F + 0x1f;
    private static final int REX_W = 8;
    private static final int REX_R = 4;
    private static final int REX_X = 2;
    private static final int REX_B = 1;
    private static final int REX = 0x40;
    /** SDM volume 2, sections 2.3.2 to 2.3.4. */
    private static final int FORBIDDEN_BEFORE_VECTOR = Prefixes.LOCK | Prefixes.F2 | Prefixes.F3
            | Prefixes.OPERAND_SIZE | Prefixes.REX2;

    private int length;
    private boolean truncated;
    private int opcode;
    private int encoding;
    private int prefixes;
    private int rex;
    private int modRm;
    private int displacementOffset;
    private int displacementSize;
    private int immediateOffset;
    private int immediateSize;
    /** The byte of VEX or EVEX with {@code W}, {@code vvvv}, {@code L} and {@code pp}; -1 without. */
    private int vectorPayload;

    private byte[] code = new byte[READABLE];
    private int start;
    private final byte[] tail = new byte[READABLE];

    /** A decoder without an instruction. */
    public Decoder() {}

    /**
     * Decodes the instruction at {@code from}.
     *
     * @param bytes code
     * @param from  the index of the first byte
     * @param to    the index after the last byte that may be read
     * @return its length, or 0 if there is none; {@link #status()} then says why
     */
    @SuppressWarnings("ReferenceEquality") // it is the same array that need not be stored again
    public int decode(byte[] bytes, int from, int to) {
        if (from < 0 || to > bytes.length || from > to) {
            throw new IndexOutOfBoundsException(from + ".." + to + " of " + bytes.length + " bytes");
        }
        // Bytes after the last one may be read but do not count: an instruction that includes one of them is cut off. So
        // decoding checks the end only once.
        if (bytes.length - from < READABLE) {
            Arrays.fill(tail, (byte) 0);
            System.arraycopy(bytes, from, tail, 0, bytes.length - from);
            code = tail;
            start = 0;
        } else {
            // A redundant store, with its barrier for the garbage collector, costs more than the check.
            if (code != bytes) {
                code = bytes;
            }
            start = from;
        }
        int available = to - from;
        int end = operands(start);
        int looked = Math.abs(end) - start;
        if (end > 0 && looked <= Math.min(available, MAX_LENGTH)) {
            length = looked;
            return looked;
        }
        truncated = looked > available && available < MAX_LENGTH;
        length = 0;
        return 0;
    }

    /**
     * Decodes everything except one-byte opcodes that neither prefix nor ModRM modifies. Returns as {@link #opcode} does.
     */
    private int rare(int from) {
        int at = from;
        while (at - start <= MAX_LENGTH) {
            int b = code[at++] & 0xff;
            int prefix = Prefixes.ofByte(b);
            if (prefix != 0) {
                // A REX prefix counts only right before the opcode (SDM volume 2, section 2.2.1).
                prefixes = Prefixes.add(prefixes, prefix);
                rex = 0;
            } else if (isRex(b)) {
                rex = b;
            } else {
                return opcode(b, at);
            }
        }
        return -at;
    }

    /**
     * This method and all that it calls find the encoding and return the index after the opcode. If there is no such
     * instruction, they return the negated index after the byte that decides it.
     */
    private int opcode(int b, int at) {
        return switch (b) {
            case 0x0f -> escape(at);
            case 0xc4, 0xc5, 0x62 -> vector(b, at);
            case 0x8f -> (code[at] & 0x1f) >= 8 ? vector(b, at) : selected(b, at);
            case Rex2.FIRST -> rex2(at);
            default -> selected(b, at);
        };
    }

    private int escape(int from) {
        int at = from;
        int b = code[at++] & 0xff;
        int map = X0F;
        if (b == 0x38 || b == 0x3a) {
            map = (b == 0x38 ? OpcodeMap.X38 : OpcodeMap.X3A).first();
            b = code[at++] & 0xff;
        }
        return selected(map + b, at);
    }

    /** An opcode whose encoding prefix or ModRM may select. */
    private int selected(int where, int at) {
        int entry = PRIMARY[where];
        int mandatory = Prefixes.mandatory(prefixes);
        int index = (entry >> Encoding.INDEX_SHIFT) & Encoding.INDEX_MASK;
        int looked = at;
        if ((entry & Encoding.BY_PREFIX) != 0) {
            entry = SECONDARY[index + mandatory];
        } else if ((entry & Encoding.BY_MODRM) != 0) {
            entry = SECONDARY[index + mandatory * OpcodeTable.MODRMS + OpcodeTable.ofModRm(code[at] & 0xff)];
            looked = at + 1;
        }
        return found(entry, where, at, (entry & Encoding.VALID) != 0, looked);
    }

    private int found(int entry, int where, int at, boolean allowed, int looked) {
        encoding = entry;
        opcode = where;
        return allowed ? at : -looked;
    }

    /** REX2: the upper registers of APX, for the one-byte and 0f maps (Intel APX specification, section 3.1.1). */
    private int rex2(int from) {
        int payload = code[from] & 0xff;
        int where = Rex2.map(payload) + (code[from + 1] & 0xff);
        int at = from + 2;
        if (rex != 0) {
            return -at;
        }
        rex = REX | payload & 0xf;
        boolean plain = (prefixes & (Prefixes.OPERAND_SIZE | Prefixes.ADDRESS_SIZE | Prefixes.F2 | Prefixes.F3
                | Prefixes.LOCK)) == 0 && (rex & REX_W) == 0;
        prefixes |= Prefixes.REX2;
        if (where == Rex2.JMPABS && plain) {
            return found(Rex2.JUMP, where, at, true, at);
        }
        return Rex2.allows(where, code[at] & 0xff, prefixes) ? selected(where, at) : -(at + 1);
    }

    /** VEX, EVEX and XOP (SDM volume 2, sections 2.3 and 2.7; AMD volume 6, section 1.3). */
    private int vector(int first, int from) {
        int payload = first == 0xc5 ? 1 : first == 0x62 ? 3 : 2;
        int at = from + payload + 1;
        int p0 = code[from] & 0xff;
        int p1 = first == 0xc5 ? p0 & 0x7f : code[from + 1] & 0xff;
        int map = first == 0xc5 ? OpcodeMap.VEX_0F.first() : vectorMap(first, p0);
        if (map < 0 || (prefixes & FORBIDDEN_BEFORE_VECTOR) != 0 || rex != 0) {
            return -at;
        }
        vectorPayload = p1;
        // The register extensions are stored inverted; VEX has them in the same order as REX, but in the upper bits.
        rex = ((p1 & 0x80) >> 4) | (first == 0xc5 ? (~p0 & 0x80) >> 5 : (~p0 & 0xe0) >> 5);
        int where = map + (code[at - 1] & 0xff);
        int modRmByte = code[at] & 0xff;
        int entry = PRIMARY[where];
        int index = (entry >> Encoding.INDEX_SHIFT) & Encoding.INDEX_MASK;
        int looked = at + ((entry & Encoding.MODRM) >> 1);
        if ((entry & Encoding.BY_PREFIX) != 0) {
            entry = SECONDARY[index + (p1 & 3)];
            looked = at + ((entry & Encoding.MODRM) >> 1);
        } else if ((entry & Encoding.BY_MODRM) != 0) {
            entry = SECONDARY[index + (p1 & 3) * OpcodeTable.MODRMS + OpcodeTable.ofModRm(modRmByte)];
        }
        boolean allowed = (entry & Encoding.VALID) != 0 && (first == 0x62
                ? Evex.allows(map, p0, p1, code[from + 2] & 0xff, modRmByte, entry)
                : vexAllows(entry, p1));
        if (map == Evex.LEGACY && (p1 & 3) == 1) {
            prefixes |= Prefixes.OPERAND_SIZE;
        }
        return found(entry, where, at, allowed, looked);
    }

    private static int vectorMap(int first, int p0) {
        int map = first == 0x62 ? p0 & 7 : p0 & 0x1f;
        return switch (first) {
            case 0xc4 -> map >= 1 && map <= 3 ? OpcodeMap.VEX_0F.first() + (map - 1) * OpcodeTable.OPCODES : -1;
            case 0x8f -> map >= 8 && map <= 10 ? OpcodeMap.XOP_8.first() + (map - 8) * OpcodeTable.OPCODES : -1;
            default -> Evex.map(map);
        };
    }

    private static boolean vexAllows(int entry, int p1) {
        boolean l = (p1 & 4) != 0;
        boolean w = (p1 & 0x80) != 0;
        return (entry & (l ? Encoding.L0 : Encoding.L1)) == 0 && (entry & (w ? Encoding.W0 : Encoding.W1)) == 0
                && ((entry & Encoding.V0) == 0 || (p1 & 0x78) == 0x78);
    }

    /**
     * Opcode, ModRM, SIB, displacement (SDM volume 2, section 2.1.5) and immediates.
     *
     * @return the index after the instruction; if there is none, the negated index after the byte that decides it
     */
    private int operands(int from) {
        // The common path: each step depends on the previous one, so it has one load and no branch that is often
        // mispredicted. About every second instruction has a REX prefix.
        long word = (long) LONG.get(code, from);
        int first = (int) word & 0xff;
        int isRex = ((first & 0xf0 ^ REX) - 1) >>> 31;
        word >>>= isRex << 3;
        rex = first & -isRex;
        prefixes = 0;
        vectorPayload = -1;
        int where = (int) word & 0xff;
        int entry = PRIMARY[where];
        int at = from + 1 + isRex;
        word >>>= 8;
        if (where == 0x0f) {
            where = X0F + ((int) word & 0xff);
            entry = PRIMARY[where];
            word >>>= 8;
            at++;
        }
        if ((entry & Encoding.VALID) == 0) {
            at = rare(from);
            if (at < 0) {
                return at;
            }
            entry = encoding;
            where = opcode;
            word = (long) LONG.get(code, at);
        } else {
            encoding = entry;
            opcode = where;
        }
        int hasModRm = (entry >> 1) & 1;
        int byteThere = (int) word & 0xff;
        int layout = ModRm.LAYOUT[byteThere] & -hasModRm;
        modRm = byteThere | (hasModRm - 1);
        if ((layout & ModRm.MAY_HAVE_DISPLACEMENT) != 0 && ((int) word >> 8 & 7) == 5) {
            layout += ModRm.FOUR_BYTES_MORE;
        }
        if ((entry & (Encoding.ANY_MOD | Encoding.SIB)) != 0) {
            layout = special(entry, layout);
            if (layout < 0) {
                return -(at + hasModRm);
            }
        }
        int end = at + ModRm.length(layout);
        displacementOffset = at - start + ModRm.displacementOffset(layout);
        displacementSize = ModRm.displacementSize(layout);
        if ((prefixes & Prefixes.LOCK) != 0 && ((entry & Encoding.LOCK) == 0 || modRm >= 0xc0)) {
            return -end;
        }
        int immediate = Encoding.usualSize(entry);
        if ((entry & Encoding.VARIES) != 0) {
            immediate = Encoding.IMMEDIATE_SIZE[Encoding.immediate(entry) << 4 | rex & REX_W
                    | Prefixes.sizes(prefixes)];
        }
        immediateOffset = end - start;
        immediateSize = immediate;
        if (where == NOW3D && !Amd3dNow.isOpcode(code[end] & 0xff)) {
            return -(end + 1);
        }
        return end + immediate;
    }

    /** The layout of a special ModRM; negative if there is no such instruction. */
    private int special(int entry, int layout) {
        if ((entry & Encoding.ANY_MOD) != 0) {
            // Of the upper eight control and debug registers only cr8 exists.
            boolean exists = (rex & REX_R) == 0 || ((opcode & 1) == 0 && (modRm & 0x38) == 0);
            return exists ? ModRm.REGISTER : -1;
        }
        return modRm < 0xc0 && (modRm & 7) != 4 ? -1 : layout;
    }

    private long littleEndian(int from, int size) {
        return switch (size) {
            case 1 -> code[from];
            case 4 -> (int) INT.get(code, from);
            default -> {
                long value = code[from + size - 1];
                for (int i = from + size - 2; i >= from; i--) {
                    value = (value << 8) | (code[i] & 0xff);
                }
                yield value;
            }
        };
    }

    /** The result of the last {@link #decode}; the other methods are valid only for {@link Status#VALID}. */
    public Status status() {
        return length > 0 ? Status.VALID : truncated ? Status.TRUNCATED : Status.INVALID;
    }

    /** The length of the instruction in bytes, prefixes included; 0 if there is none. */
    public int length() {
        return length;
    }

    /** Where control continues after it. */
    public Flow flow() {
        return Flow.of(Encoding.flow(encoding));
    }

    /**
     * For the flows that are {@linkplain Flow#isDirect() direct}: the distance of the target from the end of the
     * instruction.
     */
    public long branchDisplacement() {
        return Encoding.immediate(encoding) >= Encoding.JB ? littleEndian(start + immediateOffset, immediateSize) : 0;
    }

    private static boolean isRex(int b) {
        return (b & 0xf0) == REX;
    }

    /** Whether a byte before an opcode is a one-byte prefix, unlike those of VEX. */
    static boolean isPrefix(int b) {
        return Prefixes.ofByte(b) != 0 || isRex(b);
    }

    /** Whether it is a {@code lea}: it takes the address of its operand, and nothing in memory. */
    public boolean isLea() {
        return opcode == LEA;
    }

    /**
     * Whether it does with registers what nobody does with addresses: it multiplies (imul, mul, shl, add to itself, {@code
     * lea} with an index), or takes 32 bits (mov, add, sub, lea).
     */
    boolean calculates() {
        boolean moves = opcode == 0x01 || opcode == 0x03 || opcode == 0x29 || opcode == 0x2b || opcode == 0x89
                || opcode == 0x8b && modRm >= 0xc0 || opcode == LEA;
        boolean doubles = (opcode == 0x01 || opcode == 0x03) && register() == otherRegister();
        return opcode == 0x69 || opcode == 0x6b || opcode == X0F + 0xaf || doubles || moves && !isWide()
                || (opcode == 0xf7 || opcode == 0xc1 || opcode == 0xd1 || opcode == 0xd3) && (modRm >> 3 & 7) == 4;
    }

    /** Whether it puts a number of at most 16 bits, other than a constant 0, into a register, where no address can be so low. */
    boolean isSmallNumber() {
        return opcode == X0F + 0xb6 || opcode == X0F + 0xb7
                || opcode >= 0xb8 && opcode <= 0xbf && immediate() > 0 && immediate() <= 0xffff;
    }

    /** Whether it pushes a register. */
    public boolean isPush() {
        return opcode >= 0x50 && opcode <= 0x57;
    }

    /** Whether it does nothing, in the forms of {@link Nops}. */
    public boolean isNop() {
        return rex == 0 && (prefixes & ~(Prefixes.OPERAND_SIZE | Prefixes.CS)) == 0
                && (opcode == Nops.ONE || opcode == NOP_WITH_OPERAND);
    }

    /** Whether it compares this register with another one or with memory (SDM volume 2, CMP: 39 and 3B). */
    public boolean compares(int register) {
        return (opcode == 0x39 || opcode == 0x3b) && (register() == register || otherRegister() == register);
    }

    /** The condition of a branch, as a number that is the same for its short and its long form. */
    public int condition() {
        return switch (flow()) {
            case CONDITIONAL -> opcode & 0xf;
            case LOOP -> opcode;
            default -> 0;
        };
    }

    /** Whether its memory operand consists of an index and a fixed address, as for a table. */
    public boolean isFixedTable() {
        return displacementSize == 4 && (modRm & 0xc7) == 4;
    }

    /** How many bytes of memory it may read; never fewer than it does. */
    public int readSize() {
        return switch (opcodeMap()) {
            case ONE -> ReadSizes.oneByte(opcode(), (modRm >> 3) & 7, operandSize());
            case X0F -> ReadSizes.twoByte(opcode(), prefixes, operandSize(), isWide());
            case X38, X3A -> 16;
            case VEX_0F, VEX_38, VEX_3A -> (code[start] & 0xff) == 0xc5
                    ? ReadSizes.vex(opcodeMap(), opcode(), code[start + 1] & 0x7f)
                    : (code[start] & 0xff) == 0xc4 ? ReadSizes.vex(opcodeMap(), opcode(), code[start + 2] & 0xff) : 32;
            default -> 64;
        };
    }

    private int operandSize() {
        return isWide() ? Long.BYTES : (prefixes & Prefixes.OPERAND_SIZE) != 0 ? Short.BYTES : Integer.BYTES;
    }

    /**
     * The register that its memory operand counts from, where that is one register and a distance; otherwise -1. Instructions
     * without a base, those relative to their own end, and those with an index have none.
     */
    public int baseRegister() {
        if (modRm < 0 || modRm >= 0xc0 || isRipRelative() || (modRm & 7) == 4 && !isPlainSib()) {
            return -1;
        }
        int base = (modRm & 7) == 4 ? code[start + afterModRm() - 1] & 7 : modRm & 7;
        return (modRm & 0xc0) == 0 && base == 5 ? -1 : base | (rex & REX_B) << 3;
    }

    /** Whether the SIB byte names no index (SDM volume 2, table 2-3). */
    private boolean isPlainSib() {
        return (code[start + afterModRm() - 1] >> 3 & 7) == 4 && (rex & REX_X) == 0;
    }

    /** Where in the instruction ModRM and SIB end. */
    private int afterModRm() {
        return displacementSize > 0 ? displacementOffset : immediateSize > 0 ? immediateOffset : length;
    }

    /** A number that is the same for instructions that differ by nothing but distances and constants. */
    public long form() {
        int end = modRm < 0 ? immediateSize > 0 ? immediateOffset : length : afterModRm();
        int operand = modRm < 0 ? -1 : end - 1 - (modRm < 0xc0 && (modRm & 7) == 4 ? 1 : 0);
        long form = 0xcbf29ce484222325L;
        for (int i = 0; i < end; i++) {
            int b = code[start + i] & 0xff;
            // How long the displacement is does not count.
            form = (form ^ (i == operand && b < 0xc0 ? b & 0x3f : b)) * 0x100000001b3L;
        }
        return form;
    }

    /** Whether it puts a constant into a register or into memory, and does nothing else. */
    public boolean isMoveOfConstant() {
        return opcode >= 0xb0 && opcode <= 0xbf || opcode == 0xc6 || opcode == 0xc7;
    }

    /** The table of the opcode. */
    OpcodeMap opcodeMap() {
        return OpcodeMap.of(opcode >> 8);
    }

    /** The opcode byte in its map. */
    int opcode() {
        return opcode & 0xff;
    }

    /** The ModRM byte, or -1 if the instruction has none. */
    int modRm() {
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

    /** The number of the register in ModRM.rm; -1 if it is memory or there is no ModRM byte. */
    public int otherRegister() {
        return modRm < 0xc0 ? -1 : modRm & 7 | (rex & REX_B) << 3;
    }

    boolean isWide() {
        return (rex & REX_W) != 0;
    }

    /** Whether there is a prefix other than REX; REX2 counts, because {@link #registerField} does not know its registers. */
    boolean hasLegacyPrefix() {
        return prefixes != 0;
    }

    /** Whether there is an {@code f2} or {@code f3}. */
    boolean hasRepeatPrefix() {
        return (prefixes & (Prefixes.F2 | Prefixes.F3)) != 0;
    }

    /** Whether the register in ModRM.rm or the base of the memory operand is one of the upper eight. */
    boolean extendsBase() {
        return (rex & REX_B) != 0;
    }

    /** Whether the index of the memory operand is one of the upper eight registers. */
    boolean extendsIndex() {
        return (rex & REX_X) != 0;
    }

    /** Whether there is a REX prefix, so that the registers of one byte are the lowest of all sixteen. */
    boolean hasRex() {
        return (rex & REX) != 0;
    }

    boolean hasOperandSizePrefix() {
        return (prefixes & Prefixes.OPERAND_SIZE) != 0;
    }

    /** The prefix that selects the instruction, as {@link Prefixes#mandatory}, also for VEX and EVEX. */
    int mandatory() {
        return vectorPayload < 0 ? Prefixes.mandatory(prefixes) : vectorPayload & 3;
    }

    /** Whether VEX.L is set. */
    boolean isLong() {
        return vectorPayload >= 0 && (vectorPayload & 4) != 0;
    }

    /** Whether it is a VEX instruction whose {@code vvvv} names no register. */
    boolean isUnaryVector() {
        return (encoding & Encoding.V0) != 0;
    }

    /** Whether it uses {@code rsp} implicitly. */
    boolean usesStack() {
        return (encoding & Encoding.STACK) != 0;
    }

    /** Whether a prefix makes its memory operand relative to the base of FS or GS. */
    public boolean hasSegmentBase() {
        return (prefixes & (Prefixes.FS | Prefixes.GS)) != 0;
    }

    /** The lower four bits of the register in VEX.vvvv or a similar field; -1 if there is none. */
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

    /** Whether it begins with REX2, or is one of the promoted instructions of EVEX map 4. */
    boolean isApx() {
        return (prefixes & Prefixes.REX2) != 0 || opcodeMap() == OpcodeMap.EVEX_4;
    }

    /** Whether the memory operand is relative to the end of the instruction. */
    public boolean isRipRelative() {
        return displacementSize == 4 && (modRm & 0xc7) == 5;
    }

    /** Where in the instruction the displacement of its memory operand is; valid only if its size is not 0. */
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

    /** Where in the instruction its immediate or branch displacement is; valid only if its size is not 0. */
    public int immediateOffset() {
        return immediateOffset;
    }

    /** The total size of its immediates or of its branch displacement, in bytes: 0 to 8. */
    public int immediateSize() {
        return immediateSize;
    }

    /** Its sign-extended immediate; 0 if it has none. */
    public long immediate() {
        return immediateSize == 0 ? 0 : littleEndian(start + immediateOffset, immediateSize);
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
     * Whether Intel's and AMD's processors decode it differently: a near branch with an operand-size prefix and without
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
     * Whether it may use {@code rsp}: implicitly, as base of its memory operand, or because a register field has its
     * number. The last case includes {@code xmm4} and similar registers, so the answer is conservative.
     */
    public boolean mayUseStackPointer() {
        return (encoding & Encoding.STACK) != 0 || mayName(4);
    }

    /**
     * Whether one of its fields may have the number of a general register. Implicit registers, such as {@code rdx} of
     * {@code mul}, and {@code VEX.vvvv} do not count. The answer is conservative: {@code xmm10} counts as {@code r10}.
     *
     * @param register 0 to 15, as in the Intel SDM volume 2, table 2-2: {@code rsp} is 4, {@code r10} is 10
     */
    public boolean mayName(int register) {
        int low = register & 7;
        boolean upper = register >= 8;
        boolean base = (rex & REX_B) != 0 == upper;
        if (modRm < 0) {
            return base && (opcode & 7) == low;
        }
        if ((modRm >> 3 & 7) == low && (rex & REX_R) != 0 == upper) {
            return true;
        }
        boolean named = modRm >= 0xc0 || (encoding & Encoding.ANY_MOD) != 0;
        if (named || (modRm & 7) != 4) {
            return base && (modRm & 7) == low;
        }
        int sib = code[start + displacementOffset - 1];
        return base && (sib & 7) == low || (sib >> 3 & 7) == low && (rex & REX_X) != 0 == upper;
    }
}
