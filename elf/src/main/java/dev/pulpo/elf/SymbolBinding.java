package dev.pulpo.elf;

/** The scope of a symbol (the high four bits of {@code st_info}; gABI, "Symbol Table"). The order is the encoding. */
public enum SymbolBinding {
    LOCAL, GLOBAL, WEAK, RESERVED_3, RESERVED_4, RESERVED_5, RESERVED_6, RESERVED_7, RESERVED_8, RESERVED_9,
    /** One definition for the whole process, even across {@code RTLD_LOCAL}. */
    GNU_UNIQUE, OS_11, OS_12, PROCESSOR_13, PROCESSOR_14, PROCESSOR_15;

    private static final SymbolBinding[] ALL = values();

    /** The binding in an {@code st_info}. */
    public static SymbolBinding ofInfo(int info) {
        return ALL[info >> 4 & 15];
    }

    /** The number in the file. */
    @SuppressWarnings("EnumOrdinal")
    public int code() {
        return ordinal();
    }
}
