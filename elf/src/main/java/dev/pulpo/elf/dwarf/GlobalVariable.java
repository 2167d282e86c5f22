package dev.pulpo.elf.dwarf;

import java.util.Optional;

/**
 * A variable that exists for longer than a call, or a declaration of one that is defined elsewhere.
 *
 * @param name        as in the source, unqualified
 * @param linkageName as in the symbol table, if that differs (C++); else empty
 * @param unit        the source file of its compilation unit
 * @param declaration where it is declared
 * @param external    whether other units can see it
 * @param declared    whether this is only a declaration
 * @param function    the function around it, if it is local
 * @param location    where it is, if it has one fixed place
 * @param entry       its number, for {@link DebugInfo#object}
 */
public record GlobalVariable(String name, String linkageName, String unit, Optional<SourceLine> declaration,
        boolean external, boolean declared, Optional<String> function, Optional<VariableLocation> location,
        long entry) {
    /** Its name in the symbol table. */
    public String symbol() {
        return linkageName.isEmpty() ? name : linkageName;
    }

    /** Whether its unit's source file is that one: its path, or the end of it. */
    public boolean isIn(String file) {
        return unit.equals(file) || unit.endsWith("/" + file);
    }
}
