package dev.pulpo.elf;

/**
 * What a section holds ({@code sh_type}; gABI, "Sections", and the GNU extensions of glibc's {@code elf.h}). The set is
 * open.
 *
 * @param value the number in the file
 */
public record SectionType(int value) {
    public static final SectionType NULL = new SectionType(0);
    public static final SectionType PROGBITS = new SectionType(1);
    public static final SectionType SYMTAB = new SectionType(2);
    public static final SectionType STRTAB = new SectionType(3);
    public static final SectionType RELA = new SectionType(4);
    public static final SectionType HASH = new SectionType(5);
    public static final SectionType DYNAMIC = new SectionType(6);
    public static final SectionType NOTE = new SectionType(7);
    /** Occupies no bytes in the file. */
    public static final SectionType NOBITS = new SectionType(8);
    public static final SectionType REL = new SectionType(9);
    public static final SectionType DYNSYM = new SectionType(11);
    public static final SectionType INIT_ARRAY = new SectionType(14);
    public static final SectionType FINI_ARRAY = new SectionType(15);
    public static final SectionType GROUP = new SectionType(17);
    public static final SectionType SYMTAB_SHNDX = new SectionType(18);
    public static final SectionType RELR = new SectionType(19);
    public static final SectionType GNU_HASH = new SectionType(0x6ffffff6);
    public static final SectionType GNU_VERDEF = new SectionType(0x6ffffffd);
    public static final SectionType GNU_VERNEED = new SectionType(0x6ffffffe);
    public static final SectionType GNU_VERSYM = new SectionType(0x6fffffff);

    @Override
    public String toString() {
        return switch (value) {
            case 0 -> "NULL";
            case 1 -> "PROGBITS";
            case 2 -> "SYMTAB";
            case 3 -> "STRTAB";
            case 4 -> "RELA";
            case 5 -> "HASH";
            case 6 -> "DYNAMIC";
            case 7 -> "NOTE";
            case 8 -> "NOBITS";
            case 9 -> "REL";
            case 10 -> "SHLIB";
            case 11 -> "DYNSYM";
            case 14 -> "INIT_ARRAY";
            case 15 -> "FINI_ARRAY";
            case 16 -> "PREINIT_ARRAY";
            case 17 -> "GROUP";
            case 18 -> "SYMTAB SECTION INDICES";
            case 19 -> "RELR";
            case 0x6ffffff6 -> "GNU_HASH";
            case 0x6ffffffd -> "VERDEF";
            case 0x6ffffffe -> "VERNEED";
            case 0x6fffffff -> "VERSYM";
            case 0x70000001 -> "X86_64_UNWIND";
            default -> "0x" + Integer.toHexString(value);
        };
    }
}
