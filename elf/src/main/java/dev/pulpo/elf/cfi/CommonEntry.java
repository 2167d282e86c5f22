package dev.pulpo.elf.cfi;

/**
 * A common information entry (CIE): what several functions share (DWARF 5, 6.4.1).
 *
 * @param offset               where it begins in its section
 * @param codeAlignment        the factor of distances in code
 * @param dataAlignment        the factor of factored offsets
 * @param returnAddress        the column that holds the return address
 * @param pointerEncoding      how the entries of functions write code addresses
 * @param handlersEncoding     how the entries of functions point to their tables of exception handlers ({@code L})
 * @param addressSize          how long unencoded addresses are, in bytes; 8 or 4
 * @param selectorSize         how many bytes of segment selector precede an address
 * @param sizedAugmentation    whether entries of functions carry augmentation data, with its length before it
 * @param signalFrame          whether the functions are signal trampolines ({@code S})
 * @param instructionsPosition where the initial instructions begin in the section
 * @param instructionsLength   how long they are, in bytes
 */
record CommonEntry(long offset, long codeAlignment, long dataAlignment, int returnAddress, int pointerEncoding,
        int handlersEncoding, int addressSize, int selectorSize, boolean sizedAugmentation, boolean signalFrame,
        long instructionsPosition,
        long instructionsLength) {}
