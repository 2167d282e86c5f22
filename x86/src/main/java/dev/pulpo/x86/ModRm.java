package dev.pulpo.x86;

/**
 * The layout that each ModRM byte implies, as one number (SDM volume 2, section 2.1.5 and table 2-2):
 *
 * <pre>
 *    0-3   bytes of ModRM, SIB and displacement     8-11  where the displacement is, counted from ModRM
 *    4-7   bytes of the displacement                12    SIB may say that there are four bytes of displacement
 * </pre>
 */
final class ModRm {
    static final int[] LAYOUT = new int[256];
    static final int MAY_HAVE_DISPLACEMENT = 1 << 12;
    static final int FOUR_BYTES_MORE = 4 << 4 | 4;
    /** The operand is a register. */
    static final int REGISTER = 1;

    static {
        for (int modRm = 0; modRm < LAYOUT.length; modRm++) {
            int mod = modRm >> 6;
            boolean sib = mod != 3 && (modRm & 7) == 4;
            int displacement = mod == 1 ? 1 : mod == 2 || mod == 0 && (modRm & 7) == 5 ? 4 : 0;
            int at = sib ? 2 : 1;
            LAYOUT[modRm] = at + displacement | displacement << 4 | at << 8
                    | (sib && mod == 0 ? MAY_HAVE_DISPLACEMENT : 0);
        }
    }

    private ModRm() {}

    static int length(int layout) {
        return layout & 0xf;
    }

    static int displacementSize(int layout) {
        return (layout >> 4) & 0xf;
    }

    static int displacementOffset(int layout) {
        return (layout >> 8) & 0xf;
    }
}
