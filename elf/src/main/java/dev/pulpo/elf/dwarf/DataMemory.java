package dev.pulpo.elf.dwarf;

/** The memory that an object of the program is in. Addresses are those of the process. */
public interface DataMemory {
    /**
     * Reads memory.
     *
     * @return whether all of it could be read
     */
    boolean read(long address, byte[] into);

    /** What to add to link addresses of the object that the debug information describes, in bytes. */
    long loadBias();

    /**
     * Where the chosen thread has a thread-local variable.
     *
     * @param offset in the thread-local block of the object that the debug information describes, in bytes
     * @throws NoDataException where it has none, or it is not known
     */
    long threadLocal(long offset);
}
