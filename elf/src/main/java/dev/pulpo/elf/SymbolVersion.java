package dev.pulpo.elf;

import java.util.Optional;

/**
 * The version of a dynamic symbol (GNU symbol versioning, LSB "Symbol Versioning").
 *
 * @param name      such as {@code GLIBC_2.2.5}
 * @param isDefault for a definition: whether a reference without a version gets it ({@code name@@version}). Always false
 *                  for a reference.
 * @param library   for a reference: the {@code DT_SONAME} of the library that must define it
 */
public record SymbolVersion(String name, boolean isDefault, Optional<String> library) {
    @Override
    public String toString() {
        return (isDefault ? "@@" : "@") + name;
    }
}
