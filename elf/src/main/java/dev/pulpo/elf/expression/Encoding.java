package dev.pulpo.elf.expression;

/**
 * The properties of a unit that determine the sizes of operands.
 *
 * @param version     of DWARF, 2 to 5
 * @param addressSize of addresses, in bytes: 4 or 8
 * @param offsetSize  of offsets, in bytes: 4 in the 32-bit format of DWARF, 8 in the 64-bit format
 */
public record Encoding(int version, int addressSize, int offsetSize) {}
