package dev.pulpo.examples.man;

import dev.pulpo.examples.cli.Pulpo;
import dev.pulpo.examples.terminal.Terminal;
import dev.pulpo.examples.ulp.Ulp;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;

/** Generates the completions of bash from the picocli definitions of the commands. */
public final class Completions {
    private Completions() {}

    /** Writes {@code pulpo} and {@code ulp} into a directory. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 1) {
            Terminal.err().println("usage: Completions DIRECTORY");
            System.exit(2);
        }
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        for (CommandLine line : List.of(Pulpo.commandLine(), Ulp.commandLine())) {
            Files.writeString(directory.resolve(line.getCommandName()), of(line));
        }
    }

    /** The script that bash reads. */
    static String of(CommandLine line) {
        return AutoComplete.bash(line.getCommandName(), line);
    }
}
