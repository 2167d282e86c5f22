package dev.pulpo.elf;

/**
 * Limits for reading a file. The author of a file chooses every count in it, and a sparse file can hold tables of
 * terabytes without occupying the disk. So the reader limits memory and time. Exceeding a limit causes a
 * {@link TooLargeException}.
 *
 * @param fileBytes     the size of a file
 * @param checkedBytes  the size of a file that is read as a whole for its checksum
 * @param segments      program headers
 * @param sections      section headers
 * @param entries       entries of one table: symbols, relocations, rows of lines or of call frame information
 * @param functions     entries of call frame information, and prepared functions
 * @param inflatedBytes the total size of the inflated sections of an object and its debug files
 * @param nameBytes     the names of one table that are kept
 * @param debugWork     steps for one query of debug information; an entry of {@code .debug_info} takes one or two, and
 *                      more if it is kept
 */
public record ReadLimits(long fileBytes, long checkedBytes, int segments, int sections, int entries, int functions,
        long inflatedBytes, long nameBytes, long debugWork) {
    /** Limits the entries of a hash chain, the symbols of one name, and the defects that are listed. */
    static final int LONGEST_CHAIN = 1 << 16;

    /**
     * For files that a process maps or names. The largest files in use fit: Chromium has 2 million symbols and a million
     * functions, and its debug file has 4 GB. The kernel accepts 64 KiB of program headers ({@code load_elf_phdrs}), and
     * numbers of sections from 0xff00 on are reserved (gABI, "Special Section Indexes").
     */
    public static final ReadLimits PROCESS = new ReadLimits(8L << 30, 1L << 30, (64 << 10) / Segment.ENTRY_SIZE, 0xff00,
            1 << 22, 3 << 19, 256L << 20, 16L << 20, 1L << 26);

    /** For files that the user names: mostly far larger. */
    public static final ReadLimits USER = new ReadLimits(64L << 30, 64L << 30, 1 << 20, 1 << 20, 1 << 26, 1 << 24,
            8L << 30, 16L << 20, 1L << 34);

    /**
     * Checks a count before anything is allocated for it.
     *
     * @param source what is read, for messages
     * @param offset where it is, for messages
     * @param what   what is counted, in the plural
     * @throws TooLargeException if there are more
     */
    public static void check(String source, long offset, long count, long most, String what) {
        if (count < 0 || count > most) {
            throw new TooLargeException(source, offset, Long.toUnsignedString(count) + " " + what, most);
        }
    }
}
