package dev.pulpo.elf;

/**
 * How much of a file is read. A file's owner chooses every count in it, and a sparse file holds tables of terabytes that
 * occupy no disk; so whoever reads a file says how much memory and time it may cost. What exceeds a limit is a
 * {@link TooLargeException}.
 *
 * @param fileBytes     the size of a file
 * @param checkedBytes  the size of a file that is read as a whole for its checksum
 * @param segments      program headers
 * @param sections      section headers
 * @param entries       entries of one table: symbols, relocations, rows of lines or of call frame information
 * @param functions     entries of call frame information, and prepared functions
 * @param inflatedBytes what the compressed sections of an object and of its debug files come to together
 * @param nameBytes     names that are kept, of one table
 * @param debugWork     steps for one question to debug information; an entry of {@code .debug_info} takes one or two, and
 *                      what is kept of it a few more
 */
public record ReadLimits(long fileBytes, long checkedBytes, int segments, int sections, int entries, int functions,
        long inflatedBytes, long nameBytes, long debugWork) {
    /** How many entries of a hash table a look-up passes, how many symbols may have one name, how many defects are listed. */
    static final int LONGEST_CHAIN = 1 << 16;

    /**
     * For files that a process maps or names. The largest that are in use fit: Chromium has 2 million symbols and a million
     * functions, and its debug file has 4 GB. The kernel accepts 64 KiB of program headers ({@code load_elf_phdrs}), and
     * numbers of sections from 0xff00 on are reserved (gABI, "Special Section Indexes").
     */
    public static final ReadLimits PROCESS = new ReadLimits(8L << 30, 1L << 30, (64 << 10) / Segment.ENTRY_SIZE, 0xff00,
            1 << 22, 3 << 19, 256L << 20, 16L << 20, 1L << 26);

    /** For files that the user names: sixteen times as much, and more. */
    public static final ReadLimits USER = new ReadLimits(64L << 30, 64L << 30, 1 << 20, 1 << 20, 1 << 26, 1 << 24,
            8L << 30, 16L << 20, 1L << 34);

    /**
     * Checks a count before anything is made of it.
     *
     * @param source what is read, for messages
     * @param offset where it is, for messages
     * @param what   what is counted, in the plural
     * @throws TooLargeException where there are more
     */
    public static void check(String source, long offset, long count, long most, String what) {
        if (count < 0 || count > most) {
            throw new TooLargeException(source, offset, Long.toUnsignedString(count) + " " + what, most);
        }
    }
}
