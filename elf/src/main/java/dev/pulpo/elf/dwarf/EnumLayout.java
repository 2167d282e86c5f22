package dev.pulpo.elf.dwarf;

import java.util.List;
import java.util.Optional;

/**
 * An enumeration.
 *
 * @param name        its name; empty for one without
 * @param size        in bytes
 * @param values      its constants, in the order of the source
 * @param declaration where it is declared
 */
public record EnumLayout(String name, long size, List<Value> values,
        Optional<SourceLine> declaration) implements TypeLayout {
    /** A constant. */
    public record Value(String name, long number) {}

    public EnumLayout {
        values = List.copyOf(values);
    }
}
