package dev.pulpo.engine.inspect;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.LocalVariable;
import dev.pulpo.elf.dwarf.MachineFrame;
import dev.pulpo.elf.dwarf.SourceScope;
import dev.pulpo.elf.dwarf.Value;
import dev.pulpo.engine.LocalValue;
import dev.pulpo.engine.StackFrame;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Adds variables to the functions of a frame. */
final class FrameValues {
    private FrameValues() {}

    /** The functions; those with debug information get their variables. */
    static List<StackFrame> of(List<StackFrame> functions, MachineFrame frame) {
        Optional<DebugInfo> info = frame.info();
        List<SourceScope> scopes = info.map(known -> scopes(known, frame)).orElse(List.of());
        if (info.isEmpty() || scopes.size() != functions.size()) {
            return functions;
        }
        List<StackFrame> all = new ArrayList<>();
        for (int i = 0; i < functions.size(); i++) {
            StackFrame function = functions.get(i);
            List<LocalValue> locals = scopes.get(i).variables().stream()
                    .map(variable -> new LocalValue(variable.name(), variable.type(), variable.parameter(),
                            value(info.get(), variable, frame)))
                    .toList();
            all.add(new StackFrame(function.address(), function.object(), function.function(), function.place(),
                    function.inlined(), locals));
        }
        return all;
    }

    private static List<SourceScope> scopes(DebugInfo info, MachineFrame frame) {
        try {
            return info.scopes(frame.place());
        } catch (MalformedElfException malformed) {
            // The function has a name, but no usable variables.
            return List.of();
        }
    }

    private static Value value(DebugInfo info, LocalVariable variable, MachineFrame frame) {
        try {
            return info.value(variable, frame);
        } catch (MalformedElfException malformed) {
            return new Value.Unknown("its debug information is malformed: " + malformed.getMessage());
        }
    }
}
