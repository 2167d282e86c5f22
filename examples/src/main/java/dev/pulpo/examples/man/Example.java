package dev.pulpo.examples.man;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/**
 * An example of the manual pages. The resource {@code examples} has all.
 *
 * @param purpose what the command is good for
 * @param command the command as it is typed; its arguments are separated by one space each
 */
record Example(String purpose, String command) {
    /** All examples, in the order of the resource. */
    static List<Example> all() {
        try (InputStream in = Objects.requireNonNull(Example.class.getResourceAsStream("examples"))) {
            // The first paragraph explains the file.
            return Stream.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).strip().split("\n\n")).skip(1)
                    .map(paragraph -> paragraph.split("\n")).map(lines -> new Example(lines[0], lines[1])).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What is typed, word by word: the program, its command, the arguments. */
    List<String> words() {
        return List.of(command.split(" "));
    }

    /** Whether it belongs to the page of a command; the page of a program has the examples of all its commands. */
    boolean isOf(CommandSpec page) {
        List<String> names = List.of(page.qualifiedName(" ").split(" "));
        return words().subList(0, names.size()).equals(names);
    }

    /** The example in roff. */
    String entry() {
        return ".TP\n" + ManPages.text(purpose) + "\n\\fB" + ManPages.text(command) + "\\fR\n";
    }
}
