package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.Value;

/**
 * A parameter or variable of a function that a thread is in, and its value.
 *
 * @param name      as in the source
 * @param type      name of its type
 * @param parameter whether it is a parameter
 * @param value     its value at the look; or that the compiler has removed it here, or why it is unknown
 */
public record LocalValue(String name, String type, boolean parameter, Value value) {
    @Override
    public String toString() {
        return name + " = " + value;
    }
}
