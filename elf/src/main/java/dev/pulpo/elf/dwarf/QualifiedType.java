package dev.pulpo.elf.dwarf;

/**
 * A type, and which of those of its name it is: members of different classes may have one name.
 *
 * @param key  a digest of its qualified name; the same in every object
 * @param type what it is
 */
public record QualifiedType(long key, TypeLayout type) {}
