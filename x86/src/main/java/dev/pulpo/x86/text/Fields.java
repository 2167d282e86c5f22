package dev.pulpo.x86.text;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The parts of one valid instruction, and which of its prefixes have been used: what is left over is written as a prefix
 * (SDM volume 2, sections 2.1 to 2.3 and 2.7).
 */
final class Fields {
    /** How the opcode is introduced. */
    enum Kind {
        /** By legacy prefixes and REX. */
        LEGACY,
        /** By VEX or XOP. */
        VEX,
        /** By EVEX. */
        EVEX
    }

    static final int W = 8;
    static final int R = 4;
    static final int X = 2;
    static final int B = 1;
    private static final int REX = 0x40;
    private static final Set<Integer> SEGMENTS = Set.of(0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65);

    /** The number of the opcode map, as {@link InstructionTable} numbers them; -1 if there is none. */
    int map;
    int opcode;
    Kind kind = Kind.LEGACY;
    /** 0 for none, 1 for 66, 2 for f3, 3 for f2. */
    int mandatory;
    int modRm;
    int sib;
    /** REX, or its bits as VEX has them. */
    int rex;
    int vvvv;
    int vectorLength;
    /** EVEX.R' and EVEX.V', not inverted. */
    boolean highR;
    boolean highV;
    boolean zeroes;
    /** EVEX.b. */
    boolean bit;
    int mask;

    private final byte[] code;
    private int at;
    private final List<String> names = new ArrayList<>();
    private final List<Integer> values = new ArrayList<>();
    private int usedRex;
    private int rexPlace = -1;

    Fields(byte[] code) {
        this.code = code;
        int b = next();
        while (isPrefix(b) || (b & 0xf0) == REX) {
            rex = (b & 0xf0) == REX ? b : 0;
            rexPlace = rex == 0 ? -1 : values.size();
            values.add(b);
            names.add(name(b));
            b = next();
        }
        mandatory = has(0xf3) && values.lastIndexOf(0xf3) > values.lastIndexOf(0xf2)
                ? 2
                : has(0xf2) ? 3 : has(0x66) ? 1 : 0;
        switch (b) {
            case 0x0f -> escape();
            case 0xc4, 0xc5 -> vex(b);
            case 0x62 -> evex();
            case 0x8f -> popOrXop();
            case 0xd5 -> map = -1; // REX2, of APX.
            default -> {
                map = InstructionTable.ONE;
                opcode = b;
            }
        }
        modRm = at < code.length ? code[at] & 0xff : 0;
        sib = at + 1 < code.length ? code[at + 1] & 0xff : 0;
    }

    private int next() {
        return at < code.length ? code[at++] & 0xff : 0;
    }

    private void escape() {
        int b = next();
        map = b == 0x38 ? InstructionTable.X38 : b == 0x3a ? InstructionTable.X3A : InstructionTable.X0F;
        opcode = map == InstructionTable.X0F ? b : next();
    }

    private void popOrXop() {
        if ((code[at] & 0x1f) < 8) {
            map = InstructionTable.ONE;
            opcode = 0x8f;
            return;
        }
        threeBytes();
        map = map >= 8 && map <= 10 ? InstructionTable.XOP_8 + map - 8 : -1;
    }

    private void vex(int first) {
        if (first == 0xc4) {
            threeBytes();
            map = map >= 1 && map <= 3 ? InstructionTable.VEX_0F + map - 1 : -1;
            return;
        }
        int p = next();
        kind = Kind.VEX;
        rex = (~p & 0x80) >> 5;
        payload(p & 0x7f);
        map = InstructionTable.VEX_0F;
        opcode = next();
    }

    private void threeBytes() {
        kind = Kind.VEX;
        int p0 = next();
        int p1 = next();
        rex = (~p0 & 0xe0) >> 5;
        map = p0 & 0x1f;
        payload(p1);
        opcode = next();
    }

    private void evex() {
        kind = Kind.EVEX;
        int p0 = next();
        int p1 = next();
        int p2 = next();
        rex = (~p0 & 0xe0) >> 5;
        payload(p1);
        highR = (p0 & 0x10) == 0;
        highV = (p2 & 8) == 0;
        vectorLength = p2 >> 5 & 3;
        zeroes = (p2 & 0x80) != 0;
        bit = (p2 & 0x10) != 0;
        mask = p2 & 7;
        int number = p0 & 7;
        // APX gives meaning to the bits that are fixed here.
        boolean apx = (p0 & 8) != 0 || (p1 & 4) == 0;
        map = apx
                ? -1
                : number >= 1 && number <= 3
                        ? InstructionTable.EVEX_0F + number - 1
                        : number == 5 || number == 6 ? InstructionTable.EVEX_5 + number - 5 : -1;
        opcode = next();
    }

    /** The byte with W, vvvv, L and pp. */
    private void payload(int p) {
        rex |= (p & 0x80) >> 4;
        vvvv = ~p >> 3 & 0xf;
        vectorLength = p >> 2 & 1;
        mandatory = p & 3;
    }

    private static boolean isPrefix(int b) {
        return switch (b) {
            case 0xf0, 0xf2, 0xf3, 0x66, 0x67, 0x2e, 0x36, 0x3e, 0x26, 0x64, 0x65 -> true;
            default -> false;
        };
    }

    private static String name(int b) {
        return switch (b) {
            case 0xf0 -> "lock";
            case 0xf2 -> "repnz";
            case 0xf3 -> "repz";
            case 0x66 -> "data16";
            case 0x67 -> "addr32";
            case 0x2e -> "cs";
            case 0x36 -> "ss";
            case 0x3e -> "ds";
            case 0x26 -> "es";
            case 0x64 -> "fs";
            case 0x65 -> "gs";
            default -> (b & 0xf) == 0 ? "rex" : "rex." + bits(b);
        };
    }

    private static String bits(int rex) {
        return ((rex & W) != 0 ? "W" : "") + ((rex & R) != 0 ? "R" : "") + ((rex & X) != 0 ? "X" : "")
                + ((rex & B) != 0 ? "B" : "");
    }

    /** Whether there is such a legacy prefix. */
    boolean has(int prefix) {
        return values.contains(prefix);
    }

    /** The legacy prefix is used: the last of its kind is not written. */
    void use(int prefix) {
        rename(prefix, "");
    }

    /** The last prefix of this kind is written by another name. */
    void rename(int prefix, String name) {
        int place = values.lastIndexOf(prefix);
        if (place >= 0) {
            names.set(place, name);
        }
    }

    /** The last segment prefix, 0 for none. */
    int segment() {
        return values.reversed().stream().filter(SEGMENTS::contains).findFirst().orElse(0);
    }

    /** The last prefix of FS or GS, 0 for none: 64-bit mode ignores the others. */
    int segmentWithBase() {
        return values.reversed().stream().filter(v -> v == 0x64 || v == 0x65).findFirst().orElse(0);
    }

    /** Whether a bit of REX or VEX is set, which counts as using it. */
    boolean rex(int bit) {
        usedRex |= rex & bit;
        return (rex & bit) != 0;
    }

    /** A register of one byte is named, which depends on whether there is REX. */
    boolean hasRex() {
        usedRex |= REX;
        return (rex & REX) != 0;
    }

    boolean wide() {
        return rex(W);
    }

    /** Whether the size of operands is two bytes, which uses the prefix. */
    boolean word() {
        if (kind != Kind.LEGACY || (rex & W) != 0 || !has(0x66)) {
            return false;
        }
        use(0x66);
        return true;
    }

    boolean shortAddress() {
        use(0x67);
        return has(0x67);
    }

    /** The names of the prefixes that nothing has used. */
    List<String> prefixes() {
        if (kind == Kind.LEGACY && rexPlace >= 0) {
            boolean used = (rex & 0xf) == 0 ? (usedRex & REX) != 0 : (rex & 0xf & ~usedRex) == 0;
            if (used) {
                names.set(rexPlace, "");
            }
        }
        return names.stream().filter(n -> !n.isEmpty()).toList();
    }

    boolean isRegister() {
        return modRm >= 0xc0;
    }

    int reg() {
        return modRm >> 3 & 7;
    }

    int rm() {
        return modRm & 7;
    }
}
