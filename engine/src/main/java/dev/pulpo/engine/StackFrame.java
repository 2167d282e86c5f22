package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;

/**
 * A function that a thread is in. Inlined functions have frames of their own.
 *
 * @param address  where it continues; the same for inlined copies and the function around them
 * @param object   path of the object with its code; empty for none
 * @param function its name in the source, or in the symbol table without debug information; empty where unknown
 * @param place    the line that it executes
 * @param inlined  whether it is an inlined copy
 * @param locals   its parameters and variables, if requested; see {@link LiveProcess#stacksWithLocals}
 */
public record StackFrame(RemoteAddress address, String object, String function, Optional<SourceLine> place,
        boolean inlined, List<LocalValue> locals) {
    /** Name of a frame that the kernel made to call a signal handler. */
    public static final String SIGNAL = "<signal handler called>";

    public StackFrame {
        locals = List.copyOf(locals);
    }

    @Override
    public String toString() {
        String in = object.isEmpty() ? "" : " (" + object.substring(object.lastIndexOf('/') + 1) + ")";
        return address + " " + (function.isEmpty() ? "??" : function) + (inlined ? " (inlined)" : "")
                + place.map(line -> " at " + line).orElse(in);
    }
}
