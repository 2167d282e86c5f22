package dev.pulpo.elf.dwarf;

/**
 * One run of a compiler.
 *
 * @param name      the source file, as the compiler was given it
 * @param directory where it was run
 * @param producer  the compiler; GCC adds the options that change code
 */
public record CompiledUnit(String name, String directory, String producer) {}
