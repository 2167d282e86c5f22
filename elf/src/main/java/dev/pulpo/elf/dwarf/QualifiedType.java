package dev.pulpo.elf.dwarf;

/**
 * A type with the digest of its qualified name: members of different classes may have the same name.
 *
 * @param key  a digest of its qualified name; the same in every object
 * @param type the type
 */
public record QualifiedType(long key, TypeLayout type) {}
