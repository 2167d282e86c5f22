package dev.pulpo.elf.cfi;

/**
 * A frame description entry (FDE): a range of code and its call frame instructions (DWARF 5, 6.4.1).
 *
 * @param section              the section that it is in
 * @param offset               where it begins in the section
 * @param common               its CIE
 * @param start                first link address of the code
 * @param end                  link address after the code; greater than {@code start}
 * @param handlers             link address of its table of exception handlers (LSDA), 0 if it has none
 * @param instructionsPosition where its instructions begin in the section
 * @param instructionsLength   how long they are, in bytes
 */
record FunctionEntry(CfiSection section, long offset, CommonEntry common, long start, long end,
        long handlers, long instructionsPosition, long instructionsLength) {
    boolean overlaps(FunctionEntry other) {
        return Long.compareUnsigned(start, other.end) < 0 && Long.compareUnsigned(other.start, end) < 0;
    }
}
