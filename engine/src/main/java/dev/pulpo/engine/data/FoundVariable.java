package dev.pulpo.engine.data;

import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.elf.dwarf.GlobalVariable;
import dev.pulpo.engine.target.LoadedObject;

/** A variable, or a declaration of one, and the object whose debug information has it. */
record FoundVariable(LoadedObject object, DebugInfo info, GlobalVariable variable) {
    /** Whether this has no place, and the linker may know one by the name. */
    boolean isToBeBound() {
        return variable.declared() || variable.location().isEmpty() && variable.external();
    }

    /** Its name with those of the namespaces and classes around it. */
    String qualifiedName() {
        return info.qualifiedName(variable);
    }

    @Override
    public String toString() {
        return object.fileName() + ": " + qualifiedName() + " of " + variable.unit()
                + variable.function().map(around -> ", in " + around + "()").orElse("")
                + variable.declaration().map(place -> ", line " + place.line()).orElse("");
    }
}
