/**
 * Data of a process, by its debug information.
 *
 * <ul>
 * <li>{@link DataSession}: begin here: a look at one process;
 * <li>{@link VariableFinder}: which variable a name means, {@link FoundVariable}, and where it is;
 * <li>{@link ObjectMemory}: the memory that values are read from;
 * <li>{@link DataPath}: expressions such as {@code server.clients[0]->name};
 * <li>{@link ValueText}: values as text for people;
 * <li>{@link DataStore}: writing.
 * </ul>
 */
@NullMarked
package dev.pulpo.engine.data;

import org.jspecify.annotations.NullMarked;
