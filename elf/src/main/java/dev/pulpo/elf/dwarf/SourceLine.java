package dev.pulpo.elf.dwarf;

/**
 * A place in the source.
 *
 * @param file the path, as the compiler was given it, with the directory in front where that is known
 * @param line the line, from 1; 0 where the code belongs to no line
 */
public record SourceLine(String file, int line) {
    @Override
    public String toString() {
        return file + ":" + line;
    }
}
