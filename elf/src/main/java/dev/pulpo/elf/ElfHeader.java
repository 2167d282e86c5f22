package dev.pulpo.elf;

/**
 * The ELF header (gABI, "ELF Header"). The three counts that may not fit into it are resolved: they come from section
 * header 0 if the header refers to it.
 *
 * @param osAbi              the system whose extensions are used: 0 none, 3 GNU
 * @param abiVersion         the version of that
 * @param type               what kind of object it is
 * @param machine            62 for x86-64
 * @param entry              where execution begins; zero for none
 * @param programHeaders     where the program headers are; zero for none
 * @param sectionHeaders     where the section headers are; zero for none
 * @param flags              none are defined for x86-64
 * @param programHeaderCount how many program headers there are
 * @param sectionHeaderCount how many section headers there are
 * @param sectionNameIndex   the number of the section that holds the names of sections; zero for none
 */
public record ElfHeader(int osAbi, int abiVersion, ObjectType type, int machine, LinkAddress entry,
        FileOffset programHeaders, FileOffset sectionHeaders, int flags, int programHeaderCount,
        int sectionHeaderCount, int sectionNameIndex) {
    /** The machine number of x86-64 (psABI, "Machine Information"). */
    public static final int X86_64 = 62;

    /** What every ELF file begins with. */
    static final String MAGIC = "the magic number 7f 'E' 'L' 'F'";
    static final String CLASS = "class 2 (64-bit)";
    static final String ENCODING = "data encoding 1 (little endian)";
    /** Bytes of Elf64_Ehdr. */
    public static final int SIZE = 64;
    private static final int PN_XNUM = 0xffff;
    private static final int SHN_XINDEX = 0xffff;

    /**
     * Reads the header.
     *
     * @param start where it is in the source
     * @param image whether the source is memory, which holds no section headers
     */
    static ElfHeader read(ByteSource source, String name, long start, boolean image) {
        if (source.size() - start < Integer.BYTES) {
            throw new MalformedElfException(name, start, MAGIC, source.size() + " bytes in all");
        }
        ByteCursor magic = ByteCursor.of(source, name, start, Integer.BYTES);
        expect(magic, magic.i32(), 0x464c457f, MAGIC);
        ByteCursor cursor = ByteCursor.of(source, name, start, SIZE).skip(Integer.BYTES);
        expect(cursor, cursor.u8(), 2, CLASS);
        expect(cursor, cursor.u8(), 1, ENCODING);
        expect(cursor, cursor.u8(), 1, "version 1");
        int osAbi = cursor.u8();
        int abiVersion = cursor.u8();
        ObjectType type = new ObjectType(cursor.position(16).u16());
        int machine = cursor.u16();
        expect(cursor, cursor.i32(), 1, "version 1");
        LinkAddress entry = cursor.address();
        FileOffset programHeaders = new FileOffset(cursor.u64());
        FileOffset sectionHeaders = new FileOffset(cursor.u64());
        int flags = cursor.i32();
        ByteCursor programCount = cursor.position(56).sub(2);
        ByteCursor sectionCount = cursor.position(60).sub(4);

        int programs = programCount.u16();
        int sections = sectionCount.u16();
        int names = sectionCount.u16();
        if (!image && sectionHeaders.value() != 0) {
            if (programs == PN_XNUM || sections == 0 || names == SHN_XINDEX) {
                ByteCursor zero = ByteCursor.of(source, name, sectionHeaders.value(), Section.ENTRY_SIZE).skip(32);
                sections = sections == 0 ? count(zero, zero.u64()) : sections;
                zero.position(40);
                names = names == SHN_XINDEX ? count(zero, zero.u32()) : names;
                zero.position(44);
                programs = programs == PN_XNUM ? count(zero, zero.u32()) : programs;
            }
        } else {
            sections = 0;
            names = 0;
            if (programs == PN_XNUM) {
                throw programCount.malformed("fewer than 65535 program headers where there are no section headers",
                        "65535");
            }
        }
        if (programs != 0) {
            expect(cursor.position(54), cursor.u16(), Segment.ENTRY_SIZE, "program headers of 56 bytes");
        }
        if (sections != 0) {
            expect(cursor.position(58), cursor.u16(), Section.ENTRY_SIZE, "section headers of 64 bytes");
        }
        return new ElfHeader(osAbi, abiVersion, type, machine, entry, programHeaders, sectionHeaders, flags, programs,
                sections, names);
    }

    private static int count(ByteCursor cursor, long value) {
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw cursor.malformed("a count of headers", Long.toUnsignedString(value));
        }
        return (int) value;
    }

    private static void expect(ByteCursor cursor, int value, int wanted, String expected) {
        if (value != wanted) {
            throw cursor.malformed(expected, "0x" + Integer.toHexString(value));
        }
    }
}
