package dev.pulpo.elf;

/**
 * A relocation with an addend (gABI, "Relocation").
 *
 * @param offset      what is to be changed: a link address, but in a relocatable object an offset in a section
 * @param type        how the value is computed
 * @param symbolIndex the symbol it refers to, in the symbol table that belongs to it; 0 for none
 * @param addend      what is added
 */
public record Relocation(LinkAddress offset, RelocationType type, int symbolIndex, long addend) {}
