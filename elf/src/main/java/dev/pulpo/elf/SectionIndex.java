package dev.pulpo.elf;

/** Where a symbol is defined ({@code st_shndx}; gABI, "Symbol Table"). Numbers too large for the field are resolved. */
public sealed interface SectionIndex {
    /** Elsewhere ({@code SHN_UNDEF}). */
    enum Undefined implements SectionIndex {
        UNDEFINED
    }

    /** Its value is not an address, and the load bias is not added to it ({@code SHN_ABS}). */
    enum Absolute implements SectionIndex {
        ABSOLUTE
    }

    /** Not allocated yet; the value is the alignment ({@code SHN_COMMON}). */
    enum Common implements SectionIndex {
        COMMON
    }

    /**
     * Another reserved number.
     *
     * @param value from {@code SHN_LORESERVE} (0xff00) on
     */
    record Reserved(int value) implements SectionIndex {}

    /**
     * In a section.
     *
     * @param number its index in the section table
     */
    record Regular(int number) implements SectionIndex {}
}
