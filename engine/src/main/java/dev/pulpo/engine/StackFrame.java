package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.SourceLine;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;
import java.util.Optional;

/**
 * A function that a thread is in. Where the compiler inlined functions, each has a frame of its own.
 *
 * @param address  where it goes on; the same for inlined copies and the function around them
 * @param object   path of the object whose code it is; empty where it is none's
 * @param function its name in the source, or in the symbol table where there is no debug information; empty where neither
 *                 knows it
 * @param place    the line that it executes
 * @param inlined  whether it is an inlined copy
 * @param locals   its parameters and variables, as far as they were asked for; see {@link LiveProcess#stacksWithLocals}
 */
public record StackFrame(RemoteAddress address, String object, String function, Optional<SourceLine> place,
        boolean inlined, List<LocalValue> locals) {
    /** What stands for the function where the kernel has put the frame there to call a signal handler. */
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
