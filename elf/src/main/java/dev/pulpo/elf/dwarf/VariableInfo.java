package dev.pulpo.elf.dwarf;

import java.util.Optional;

/**
 * A variable that exists for longer than a call: global, {@code static} or thread-local.
 *
 * @param name        as in the source, unqualified
 * @param linkageName as in the symbol table, if that differs (C++); else empty
 * @param type        the name of its type
 * @param declaration where it is declared
 * @param external    whether other units can see it
 * @param function    the function around it, if it is local
 * @param location    where it is
 */
public record VariableInfo(String name, String linkageName, String type, Optional<SourceLine> declaration,
        boolean external, Optional<String> function, VariableLocation location) {}
