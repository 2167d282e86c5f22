package dev.pulpo.x86;

/**
 * A way to redirect calls of a function to another one. A detour plans the change: it has the addresses and bytes, and
 * its caller reads and writes memory.
 */
public sealed interface Detour permits PreparedDetour, EntryDetour {
    /** The address that callers of the function call: the value of its symbol. */
    CodeAddress entry();

    /**
     * Whether no thread may have its program counter at an address while the bytes of this detour change, because it
     * would continue in the middle of a new instruction. The first byte of a replaced instruction is safe: the thread
     * executes the old or the new instruction.
     */
    boolean isInterior(CodeAddress address);

    /**
     * Recognises the bytes at the entry of a function.
     *
     * @param code  bytes around the entry; all of {@link PreparedDetour#WINDOW_BEFORE} bytes before it and
     *              {@link PreparedDetour#WINDOW_AFTER} bytes from it on should be among them
     * @param entry the address of the function
     */
    static Recognition recognise(CodeBytes code, CodeAddress entry) {
        return PreparedEntry.recognise(code, entry);
    }
}
