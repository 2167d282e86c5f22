package dev.pulpo.engine.registry;

import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.util.Arrays;

/** What stands at the entry of a function, compared with a record. */
public enum EntryState {
    /** The bytes before any patch. */
    ORIGINAL,
    /** The detour of this record. */
    DETOUR,
    /** The jump to the gate of this record, which chooses a version for each thread. */
    GATE,
    /** Other bytes: another patch's detour, or bytes of unknown origin. */
    OTHER,
    /** Unreadable: the object has been unloaded. */
    UNMAPPED;

    /** Reads the entry in the process. */
    public static EntryState of(TargetMemory memory, FunctionRecord function) {
        try {
            return of(memory.bytes(function.site(), function.detour().length), function);
        } catch (SystemCallException unmapped) {
            return UNMAPPED;
        }
    }

    /** @param found the bytes at the {@linkplain FunctionRecord#site site} of the function, as many as the detour has */
    public static EntryState of(byte[] found, FunctionRecord function) {
        if (Arrays.equals(found, function.detour())) {
            return DETOUR;
        }
        if (Arrays.equals(found, function.gate())) {
            return GATE;
        }
        return Arrays.equals(found, function.original()) ? ORIGINAL : OTHER;
    }
}
