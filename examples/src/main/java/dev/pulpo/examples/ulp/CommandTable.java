package dev.pulpo.examples.ulp;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/**
 * Commands by their names, in the order in which the help shows them. Of a command line that begins with the name of one, no
 * other is made: to read the annotations of all takes longer than most commands themselves.
 */
public final class CommandTable {
    private final Map<String, Class<?>> commands = new LinkedHashMap<>();

    /** Adds a command. */
    public CommandTable with(String name, Class<?> command) {
        commands.put(name, command);
        return this;
    }

    /** Adds all commands of another table. */
    public CommandTable with(CommandTable others) {
        commands.putAll(others.commands);
        return this;
    }

    /** Whether there is such a command. */
    boolean has(String name) {
        return commands.containsKey(name);
    }

    /** Gives a command line the command that its arguments begin with, or all where they begin otherwise. */
    public void addTo(CommandLine line, String... arguments) {
        if (arguments.length > 0 && has(arguments[0])) {
            line.addSubcommand(arguments[0], commands.get(arguments[0]));
        } else {
            commands.forEach(line::addSubcommand);
        }
    }
}
