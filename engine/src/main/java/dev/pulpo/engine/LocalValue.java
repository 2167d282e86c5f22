package dev.pulpo.engine;

import dev.pulpo.elf.dwarf.Value;

/**
 * A parameter or variable of a function that a thread is in, and what it held.
 *
 * @param name      as in the source
 * @param type      the name of its type
 * @param parameter whether it is a parameter
 * @param value     what it held when the thread was looked at; or that the compiler has done away with it at this place, or
 *                  why it cannot be known
 */
public record LocalValue(String name, String type, boolean parameter, Value value) {
    @Override
    public String toString() {
        return name + " = " + value;
    }
}
