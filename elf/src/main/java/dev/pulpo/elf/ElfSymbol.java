package dev.pulpo.elf;

import java.util.Optional;

/**
 * A symbol (gABI, "Symbol Table").
 *
 * @param name         its name, without version; may be empty
 * @param version      its version, if it has one; symbols of {@code .symtab} have none
 * @param value        {@code st_value}: a link address; for a TLS symbol the offset in the TLS segment, for an absolute
 *                     one any number, and in a relocatable object the offset in its section
 * @param size         in bytes; zero if unknown
 * @param type         what it stands for
 * @param binding      how far it reaches
 * @param visibility   who may see it
 * @param sectionIndex where it is defined
 */
public record ElfSymbol(String name, Optional<SymbolVersion> version, long value, long size, SymbolType type,
        SymbolBinding binding, SymbolVisibility visibility, SectionIndex sectionIndex) {
    /** Whether the object itself defines it. */
    public boolean isDefined() {
        return !(sectionIndex instanceof SectionIndex.Undefined);
    }

    /** The value as an address; meaningful for a symbol that is defined in a section and is not a TLS symbol. */
    public LinkAddress address() {
        return new LinkAddress(value);
    }

    /** The value of {@code st_info}. */
    public int info() {
        return binding.code() << 4 | type.code();
    }

    /** Its name as linkers write it: {@code malloc@@GLIBC_2.2.5}. */
    public String versionedName() {
        return version.isEmpty() ? name : name + version.get();
    }

    @Override
    public String toString() {
        return versionedName() + " " + address() + " " + type + " " + binding;
    }
}
