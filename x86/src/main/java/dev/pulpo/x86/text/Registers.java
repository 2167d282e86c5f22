package dev.pulpo.x86.text;

import java.util.List;

/** The names of registers. */
final class Registers {
    /** Sixteen bytes of memory that are no vector. */
    static final int OCTOWORD = 0x110;

    private static final List<String> LOW = List.of("ax", "cx", "dx", "bx", "sp", "bp", "si", "di");
    private static final List<String> BYTES = List.of("al", "cl", "dl", "bl", "ah", "ch", "dh", "bh");
    private static final List<String> BYTES_WITH_REX = List.of("al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil");
    private static final List<String> SEGMENTS = List.of("es", "cs", "ss", "ds", "fs", "gs", "?", "?");

    private Registers() {}

    /** A general register of 2, 4 or 8 bytes. */
    static String general(int number, int size) {
        if (number >= 8) {
            return "r" + number + (size == 8 ? "" : size == 4 ? "d" : "w");
        }
        return (size == 8 ? "r" : size == 4 ? "e" : "") + LOW.get(number);
    }

    /** A general register of one byte. */
    static String ofByte(int number, boolean rex) {
        return number >= 8 ? "r" + number + "b" : (rex ? BYTES_WITH_REX : BYTES).get(number);
    }

    /** A vector register that holds that many bytes. */
    static String vector(int number, int size) {
        return (size == 64 ? "zmm" : size == 32 ? "ymm" : "xmm") + number;
    }

    static String segment(int number) {
        return SEGMENTS.get(number);
    }

    /** Whether it is a general register of four or eight bytes. */
    static boolean isGeneral(String name) {
        return name.startsWith("r") || name.startsWith("e");
    }
}
