package dev.pulpo.elf;

/** Who may see a symbol (the low two bits of {@code st_other}; gABI, "Symbol Table"). The order is the encoding. */
public enum SymbolVisibility {
    DEFAULT, INTERNAL, HIDDEN, PROTECTED;

    private static final SymbolVisibility[] ALL = values();

    static SymbolVisibility ofOther(int other) {
        return ALL[other & 3];
    }
}
