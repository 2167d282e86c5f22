package dev.pulpo.examples.ulp;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/**
 * Commands by their names, in the order of the help. If the arguments begin with a command, only that one is created:
 * reading the annotations of all takes longer than most commands run.
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

    /** Whether a command has this name. */
    boolean has(String name) {
        return commands.containsKey(name);
    }

    /** Adds the command that the arguments begin with, or all commands if they begin with none. */
    public void addTo(CommandLine line, String... arguments) {
        if (arguments.length > 0 && has(arguments[0])) {
            line.addSubcommand(arguments[0], commands.get(arguments[0]));
        } else {
            commands.forEach(line::addSubcommand);
        }
    }
}
