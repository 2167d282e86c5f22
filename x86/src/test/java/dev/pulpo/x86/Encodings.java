package dev.pulpo.x86;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;

/** All opcodes of all maps under prefixes that matter and with ModRM bytes that matter, as records of sixteen bytes. */
public final class Encodings {
    /** The size of a record in bytes. */
    public static final int RECORD = 16;

    private static final String[] PREFIXES = {"", "66", "f2", "f3", "48", "66 48", "67", "f0", "66 f2", "66 f3",
            "f3 66",
            "f2 f3", "f2 48", "41", "44", "f0 66", "48 66", "2e", "65", "f0 f3 48"};
    private static final int[] SIB = {0x25, 0x64};
    /** A memory operand of each kind and a register for each ModRM.reg, and those with a meaning of their own. */
    private static final int[] SOME_MODRM = new int[40];
    private static final byte[] TAIL = HexFormat.of().parseHex("0b1726354453620a19");

    static {
        for (int reg = 0; reg < 8; reg++) {
            SOME_MODRM[reg] = reg * 8 + 3;
            SOME_MODRM[reg + 8] = reg * 8 + 4;
            SOME_MODRM[reg + 16] = 0xc0 + reg * 9;
            SOME_MODRM[reg + 24] = reg * 8 + (reg % 2 == 0 ? 5 : 0x45);
            SOME_MODRM[reg + 32] = reg * 8 + 0x84;
        }
    }

    private final Consumer<byte[]> sink;
    private final byte[] record = new byte[RECORD];

    private Encodings(Consumer<byte[]> sink) {
        this.sink = sink;
    }

    /** Hands over each record; the array is reused. */
    public static void legacy(Consumer<byte[]> sink) {
        new Encodings(sink).legacy();
    }

    /** The same for VEX and XOP. */
    public static void vex(Consumer<byte[]> sink) {
        new Encodings(sink).vex();
    }

    /** The same for EVEX. */
    public static void evex(Consumer<byte[]> sink) {
        new Encodings(sink).evex();
    }

    private void legacy() {
        for (String prefix : PREFIXES) {
            for (String escape : new String[]{"", "0f", "0f 38", "0f 3a"}) {
                byte[] head = HexFormat.of().parseHex((prefix + escape).replace(" ", ""));
                for (int opcode = 0; opcode < 256; opcode++) {
                    for (int modRm = 0; modRm < 256; modRm++) {
                        emit(head, opcode, modRm, SIB[(opcode + (modRm >> 3)) & 1]);
                    }
                }
            }
        }
    }

    private void vex() {
        for (int wvLpp = 0; wvLpp < 256; wvLpp++) {
            if ((wvLpp & 0x78) == 0x78 || (wvLpp & 0x78) == 0x08) {
                for (int map = 0; map < 5; map++) {
                    some(new byte[]{(byte) 0xc4, (byte) (0xe0 + map), (byte) wvLpp});
                }
                some(new byte[]{(byte) 0xc5, (byte) wvLpp});
                for (int map = 8; map < 12; map++) {
                    some(new byte[]{(byte) 0x8f, (byte) (0xe0 + map), (byte) wvLpp});
                }
            }
        }
        for (String prefix : new String[]{"66", "f2", "f3", "f0", "48", "40", "2e", "67"}) {
            some(HexFormat.of().parseHex(prefix + "c5f9"));
            some(HexFormat.of().parseHex(prefix + "c4e279"));
            some(HexFormat.of().parseHex(prefix + "8fe978"));
        }
    }

    private void evex() {
        for (int map : new int[]{1, 2, 3, 5, 6}) {
            for (int wpp = 0; wpp < 8; wpp++) {
                for (int vvvv : new int[]{0x78, 0x30}) {
                    int p1 = (wpp & 4) << 5 | vvvv | 4 | (wpp & 3);
                    for (int lb = 0; lb < 8; lb++) {
                        for (int zaaa : new int[]{0, 2, 0x82}) {
                            some(new byte[]{0x62, (byte) (0xf0 + map), (byte) p1, (byte) (lb << 4 | 8 | zaaa)});
                        }
                    }
                }
            }
        }
        for (String head : new String[]{"62f0fd08", "62f4fd08", "62f7fd08", "62f9fd08", "62f17908", "62f1fd80",
                "6662f17d08", "4862f17d08"}) {
            some(HexFormat.of().parseHex(head));
        }
    }

    private void some(byte[] head) {
        for (int opcode = 0; opcode < 256; opcode++) {
            for (int modRm : SOME_MODRM) {
                emit(head, opcode, modRm, SIB[opcode & 1]);
            }
        }
    }

    private void emit(byte[] head, int opcode, int modRm, int sib) {
        Arrays.fill(record, (byte) 0);
        System.arraycopy(head, 0, record, 0, head.length);
        record[head.length] = (byte) opcode;
        record[head.length + 1] = (byte) modRm;
        record[head.length + 2] = (byte) sib;
        int rest = head.length + 3;
        System.arraycopy(TAIL, 0, record, rest, Math.min(TAIL.length, RECORD - rest));
        sink.accept(record);
    }
}
