/**
 * Names of C++ as people know them.
 *
 * <ul>
 * <li>{@link CxxNames}: begin here;
 * <li>{@link MangledName}: reads a mangled name;
 * <li>{@link MangledExpression}: expressions in template arguments;
 * <li>{@link TypeText}: a type, whose name goes into its middle;
 * <li>{@link Codes}: what the letters stand for.
 * </ul>
 */
@NullMarked
package dev.pulpo.elf.mangled;

import org.jspecify.annotations.NullMarked;
