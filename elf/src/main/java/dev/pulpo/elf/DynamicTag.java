package dev.pulpo.elf;

/**
 * The meaning of an entry of the dynamic table ({@code d_tag}; gABI, "Dynamic Section", and the GNU extensions of glibc's
 * {@code elf.h}). The set is open; the constants are those that this package uses.
 *
 * @param value the number in the file
 */
public record DynamicTag(long value) {
    /** The end of the table. */
    public static final DynamicTag NULL = new DynamicTag(0);
    public static final DynamicTag NEEDED = new DynamicTag(1);
    public static final DynamicTag PLTRELSZ = new DynamicTag(2);
    public static final DynamicTag PLTGOT = new DynamicTag(3);
    public static final DynamicTag HASH = new DynamicTag(4);
    public static final DynamicTag STRTAB = new DynamicTag(5);
    public static final DynamicTag SYMTAB = new DynamicTag(6);
    public static final DynamicTag RELA = new DynamicTag(7);
    public static final DynamicTag RELASZ = new DynamicTag(8);
    public static final DynamicTag RELAENT = new DynamicTag(9);
    public static final DynamicTag STRSZ = new DynamicTag(10);
    public static final DynamicTag SYMENT = new DynamicTag(11);
    public static final DynamicTag INIT = new DynamicTag(12);
    public static final DynamicTag FINI = new DynamicTag(13);
    public static final DynamicTag SONAME = new DynamicTag(14);
    public static final DynamicTag RPATH = new DynamicTag(15);
    public static final DynamicTag SYMBOLIC = new DynamicTag(16);
    public static final DynamicTag PLTREL = new DynamicTag(20);
    /** In an executable, the dynamic loader stores the address of its {@code r_debug} here. */
    public static final DynamicTag DEBUG = new DynamicTag(21);
    public static final DynamicTag TEXTREL = new DynamicTag(22);
    public static final DynamicTag JMPREL = new DynamicTag(23);
    public static final DynamicTag BIND_NOW = new DynamicTag(24);
    public static final DynamicTag INIT_ARRAY = new DynamicTag(25);
    public static final DynamicTag FINI_ARRAY = new DynamicTag(26);
    public static final DynamicTag INIT_ARRAYSZ = new DynamicTag(27);
    public static final DynamicTag FINI_ARRAYSZ = new DynamicTag(28);
    public static final DynamicTag RUNPATH = new DynamicTag(29);
    public static final DynamicTag FLAGS = new DynamicTag(30);
    public static final DynamicTag RELRSZ = new DynamicTag(35);
    public static final DynamicTag RELR = new DynamicTag(36);
    public static final DynamicTag RELRENT = new DynamicTag(37);
    public static final DynamicTag GNU_HASH = new DynamicTag(0x6ffffef5L);
    public static final DynamicTag VERSYM = new DynamicTag(0x6ffffff0L);
    public static final DynamicTag RELACOUNT = new DynamicTag(0x6ffffff9L);
    public static final DynamicTag FLAGS_1 = new DynamicTag(0x6ffffffbL);
    public static final DynamicTag VERDEF = new DynamicTag(0x6ffffffcL);
    public static final DynamicTag VERDEFNUM = new DynamicTag(0x6ffffffdL);
    public static final DynamicTag VERNEED = new DynamicTag(0x6ffffffeL);
    public static final DynamicTag VERNEEDNUM = new DynamicTag(0x6fffffffL);

    @Override
    public String toString() {
        return "DT_0x" + Long.toHexString(value);
    }
}
