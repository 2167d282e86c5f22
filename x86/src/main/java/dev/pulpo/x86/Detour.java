package dev.pulpo.x86;

/**
 * How calls of a function can be led to another one. A detour is the plan of a change, not the change: it knows
 * addresses and bytes, and its caller reads and writes memory.
 */
public sealed interface Detour permits PreparedDetour, EntryDetour {
    /** The address that callers of the function call: the value of its symbol. */
    CodeAddress entry();

    /**
     * Whether a thread may not have its program counter here while the bytes of this detour change, because it would
     * go on in the middle of what is then one instruction. The first byte of an instruction that is replaced is no
     * such place: the thread executes the old or the new instruction.
     */
    boolean isInterior(CodeAddress address);

    /**
     * Finds out what stands at the entry of a function.
     *
     * @param code  bytes around the entry; all of {@link PreparedDetour#WINDOW_BEFORE} bytes before it and
     *              {@link PreparedDetour#WINDOW_AFTER} bytes from it on should be among them
     * @param entry the address of the function
     */
    static Recognition recognise(CodeBytes code, CodeAddress entry) {
        return PreparedEntry.recognise(code, entry);
    }
}
