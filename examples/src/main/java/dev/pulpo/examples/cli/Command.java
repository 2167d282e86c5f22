package dev.pulpo.examples.cli;

import dev.pulpo.examples.crowd.Unforeseen;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** What all commands have. */
@CommandLine.Command(mixinStandardHelpOptions = true, version = Pulpo.VERSION)
abstract class Command implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @CommandLine.Option(names = "--json", description = "print one JSON object instead of lines for people")
    private boolean json;

    /** Whether JSON was asked for. */
    boolean json() {
        return json;
    }

    /** Prints the result, in the form that was asked for. */
    void print(String forPeople, Object forPrograms) {
        PrintWriter out = spec.commandLine().getOut();
        String text = json ? Json.write(forPrograms) : forPeople;
        if (!text.isEmpty()) {
            out.println(text);
        }
        out.flush();
    }

    /** Tells people of a part of the result as soon as there is one; programs get all of it at the end. */
    void say(String line) {
        if (!json) {
            print(line, "");
        }
    }

    /** Prints where a fault of Pulpo's lies, for those who want to know. */
    void trace(Throwable failure) {
        if (Unforeseen.is(failure)) {
            Unforeseen.trace(failure, spec.commandLine().getErr());
        }
    }

    /** Tells people what went wrong. */
    void complain(String message) {
        PrintWriter err = spec.commandLine().getErr();
        err.println("pulpo: " + message);
        err.flush();
    }

    /** A mistake in what the user typed. */
    CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
