package dev.pulpo.elf.dwarf;

/**
 * One compiler run.
 *
 * @param name      the source file, as passed to the compiler
 * @param directory the working directory of the run
 * @param producer  the compiler; GCC adds the options that affect code
 * @param plain     whether its language is C, or assembler
 */
public record CompiledUnit(String name, String directory, String producer, boolean plain) {}
