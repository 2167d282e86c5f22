/**
 * Input and output of the command lines. In reading order:
 * <ol>
 * <li>{@link dev.pulpo.examples.terminal.Terminal}: the streams that every line of output goes through;
 * <li>{@link dev.pulpo.examples.terminal.VisibleWriter}: escapes whatever could harm a terminal;
 * <li>{@link dev.pulpo.examples.terminal.Mark}: colours, which only Pulpo can write;
 * <li>{@link dev.pulpo.examples.terminal.Arguments}: the arguments as typed, in any locale;
 * <li>{@link dev.pulpo.examples.terminal.FailureText}: the messages of failures;
 * <li>{@link dev.pulpo.examples.terminal.RemedyOptions}: the options that messages name: each {@code Remedy} of the library gets
 * its option here, and nowhere else. What {@code --help} says of an option stands at its {@code @Option};
 * <li>{@link dev.pulpo.examples.terminal.UsageMistakes}: empty values, and one line for each mistake;
 * <li>{@link dev.pulpo.examples.terminal.BuildVersion}: the version that was built.
 * </ol>
 */
@NullMarked
package dev.pulpo.examples.terminal;

import org.jspecify.annotations.NullMarked;
