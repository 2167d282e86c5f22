package dev.pulpo.elf;

/**
 * How a relocation computes its value (psABI for x86-64, "Relocation Types"). The set is open.
 *
 * @param value the number in the file
 */
public record RelocationType(int value) {
    public static final RelocationType NONE = new RelocationType(0);
    /** Symbol plus addend, eight bytes. */
    public static final RelocationType ABSOLUTE_64 = new RelocationType(1);
    public static final RelocationType COPY = new RelocationType(5);
    public static final RelocationType GLOB_DAT = new RelocationType(6);
    public static final RelocationType JUMP_SLOT = new RelocationType(7);
    /** Load bias plus addend, eight bytes. */
    public static final RelocationType RELATIVE = new RelocationType(8);
    public static final RelocationType DTPMOD64 = new RelocationType(16);
    public static final RelocationType DTPOFF64 = new RelocationType(17);
    public static final RelocationType TPOFF64 = new RelocationType(18);
    public static final RelocationType TLSDESC = new RelocationType(36);
    public static final RelocationType IRELATIVE = new RelocationType(37);

    private static final String[] NAMES = {"NONE", "64", "PC32", "GOT32", "PLT32", "COPY", "GLOB_DAT", "JUMP_SLOT",
            "RELATIVE", "GOTPCREL", "32", "32S", "16", "PC16", "8", "PC8", "DTPMOD64", "DTPOFF64", "TPOFF64", "TLSGD",
            "TLSLD", "DTPOFF32", "GOTTPOFF", "TPOFF32", "PC64", "GOTOFF64", "GOTPC32", "GOT64", "GOTPCREL64", "GOTPC64",
            "GOTPLT64", "PLTOFF64", "SIZE32", "SIZE64", "GOTPC32_TLSDESC", "TLSDESC_CALL", "TLSDESC", "IRELATIVE",
            "RELATIVE64", "PC32_BND", "PLT32_BND", "GOTPCRELX", "REX_GOTPCRELX"};

    @Override
    public String toString() {
        return "R_X86_64_" + (value >= 0 && value < NAMES.length ? NAMES[value] : Integer.toString(value));
    }
}
