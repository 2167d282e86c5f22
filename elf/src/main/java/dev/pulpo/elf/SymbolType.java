package dev.pulpo.elf;

/** What a symbol represents (the low four bits of {@code st_info}; gABI, "Symbol Table"). The order is the encoding. */
public enum SymbolType {
    NOTYPE, OBJECT, FUNC, SECTION, FILE, COMMON, TLS, RESERVED_7, RESERVED_8, RESERVED_9,
    /** Its address is the result of calling the function that it names. */
    GNU_IFUNC, OS_11, OS_12, PROCESSOR_13, PROCESSOR_14, PROCESSOR_15;

    private static final SymbolType[] ALL = values();

    /** The type in an {@code st_info}. */
    public static SymbolType ofInfo(int info) {
        return ALL[info & 15];
    }

    /** Whether it is code: a function, or one that chooses a function. */
    public boolean isFunction() {
        return this == FUNC || this == GNU_IFUNC;
    }

    /** The number in the file. */
    @SuppressWarnings("EnumOrdinal")
    public int code() {
        return ordinal();
    }
}
