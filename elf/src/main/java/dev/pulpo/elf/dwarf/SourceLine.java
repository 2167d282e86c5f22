package dev.pulpo.elf.dwarf;

/**
 * A place in the source.
 *
 * @param file the path that the compiler got, with its directory if that is known
 * @param line the line, from 1; 0 if the code belongs to no line
 */
public record SourceLine(String file, int line) {
    @Override
    public String toString() {
        return file + ":" + line;
    }
}
