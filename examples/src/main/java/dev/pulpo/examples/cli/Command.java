package dev.pulpo.examples.cli;

import dev.pulpo.examples.crowd.Unforeseen;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** The options and the output that all commands share. */
@CommandLine.Command(mixinStandardHelpOptions = true, versionProvider = Pulpo.Version.class)
abstract class Command implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @CommandLine.Option(names = "--json", description = "print one JSON object instead of lines for people")
    private boolean json;

    /** Whether the user asked for JSON. */
    boolean json() {
        return json;
    }

    /** Prints the result as JSON or as text. */
    void print(String forPeople, Object forPrograms) {
        PrintWriter out = spec.commandLine().getOut();
        String text = json ? Json.write(forPrograms) : forPeople;
        if (!text.isEmpty()) {
            out.println(text);
        }
        out.flush();
    }

    /** Prints a part of the result at once, unless the output is JSON, which comes as one object at the end. */
    void say(String line) {
        if (!json) {
            print(line, "");
        }
    }

    /** Prints the stack trace of a fault in Pulpo, if the user wants it. */
    void trace(Throwable failure) {
        if (Unforeseen.is(failure)) {
            Unforeseen.trace(failure, spec.commandLine().getErr());
        }
    }

    /** Prints an error message. */
    void complain(String message) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("pulpo: " + message);
        err.flush();
    }

    /** An error in the arguments. */
    CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
