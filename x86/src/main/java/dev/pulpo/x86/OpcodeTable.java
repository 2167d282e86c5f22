package dev.pulpo.x86;

import java.nio.IntBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * The look-up tables of {@code opcodes.txt}: one {@link Encoding} for each opcode of each map. If the mandatory prefix
 * matters, it refers to four of them; if ModRM matters, too, to four times seventy-two: one for each ModRM.reg with a
 * memory operand and one for each of the sixty-four ModRM bytes without.
 */
final class OpcodeTable {
    static final int OPCODES = 256;
    static final int PREFIXES = 4;
    static final int MODRMS = 8 + 64;

    private static final OpcodeTable INSTANCE = new OpcodeTable();

    private final int[] primary = new int[OpcodeMap.count() * OPCODES];
    private int[] secondary = new int[1 << 14];
    private int used;

    private OpcodeTable() {
        Map<IntBuffer, Integer> shared = new HashMap<>();
        new OpcodeText().cells().forEach((opcode, cell) -> primary[opcode] = compact(cell, shared));
        secondary = Arrays.copyOf(secondary, used);
    }

    /** The encodings of all opcodes, map by map. */
    static int[] primary() {
        return INSTANCE.primary;
    }

    /** The encodings that the indices in {@link #primary()} refer to. */
    static int[] secondary() {
        return INSTANCE.secondary;
    }

    /** The index of a ModRM byte in its seventy-two encodings. */
    static int ofModRm(int modRm) {
        return modRm < 0xc0 ? (modRm >> 3) & 7 : modRm - 0xc0 + 8;
    }

    private int compact(int[][] cell, Map<IntBuffer, Integer> shared) {
        boolean byModRm = Arrays.stream(cell).anyMatch(row -> Arrays.stream(row).anyMatch(e -> e != row[0]));
        boolean byPrefix = Arrays.stream(cell).anyMatch(row -> row[0] != cell[0][0]);
        if (!byModRm && !byPrefix) {
            return cell[0][0];
        }
        int width = byModRm ? MODRMS : 1;
        int[] all = new int[PREFIXES * width];
        for (int i = 0; i < all.length; i++) {
            int[] row = cell[i / width];
            all[i] = row[row.length == 1 ? 0 : i % width];
        }
        int index = shared.computeIfAbsent(IntBuffer.wrap(all), key -> append(all));
        return (index << Encoding.INDEX_SHIFT)
                | (byModRm ? Encoding.BY_MODRM | Encoding.MODRM : Encoding.BY_PREFIX);
    }

    private int append(int[] all) {
        if (used + all.length > secondary.length) {
            secondary = Arrays.copyOf(secondary, secondary.length * 2);
        }
        System.arraycopy(all, 0, secondary, used, all.length);
        used += all.length;
        return used - all.length;
    }
}
