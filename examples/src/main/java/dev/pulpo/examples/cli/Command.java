package dev.pulpo.examples.cli;

import dev.pulpo.elf.mangled.CxxNames;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OperationListener;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.examples.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;

/** The options and the output that all commands share. */
@CommandLine.Command(mixinStandardHelpOptions = true, versionProvider = Pulpo.Version.class)
abstract class Command implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.CommandSpec spec = CommandLine.Model.CommandSpec.create();

    @CommandLine.Option(names = "--json", description = "print one JSON object instead of lines for people")
    private boolean json;

    private Optional<List<Object>> collected = Optional.empty();
    private Optional<ProgressLine> progress = Optional.empty();

    /** Whether the user asked for JSON. */
    boolean json() {
        return json;
    }

    /** Whether {@code --all} can be said. */
    boolean takesAll() {
        return false;
    }

    /** Attaches to a process. */
    LiveProcess attach(int pid) {
        LiveProcess process = LiveProcess.attach(pid);
        process.awaitOthers(this::complain);
        if (progress.isEmpty() && Terminal.isWatched()) {
            progress = Optional.of(new ProgressLine(spec.commandLine().getErr()));
        }
        OperationListener told = progress.<OperationListener>map(shown -> shown).orElse(OperationListener.NONE)
                .and(listener());
        if (!told.equals(OperationListener.NONE)) {
            process.listen(told);
        }
        return process;
    }

    /** Who is told of operations besides people at the terminal. */
    OperationListener listener() {
        return OperationListener.NONE;
    }

    /** Work that prints several results; as JSON they become a list in one object. */
    int collecting(Work work) throws IOException {
        List<Object> results = new ArrayList<>();
        collected = Optional.of(results);
        int status = work.run();
        collected = Optional.empty();
        print("", Json.object("processes", results));
        return status;
    }

    /** What returns an exit status. */
    @FunctionalInterface
    interface Work {
        int run() throws IOException;
    }

    /** Prints the result as JSON or as text. */
    void print(String forPeople, Object forPrograms) {
        if (json && collected.isPresent()) {
            collected.get().add(forPrograms);
            return;
        }
        progress.ifPresent(ProgressLine::hide);
        PrintWriter out = spec.commandLine().getOut();
        String text = json ? Json.write(forPrograms) : CxxNames.in(forPeople);
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

    /** Ends the line that tells how an operation goes on. */
    void endProgress() {
        progress.ifPresent(ProgressLine::hide);
    }

    /** Prints an error message. */
    void complain(String message) {
        progress.ifPresent(ProgressLine::hide);
        PrintWriter err = spec.commandLine().getErr();
        err.println("pulpo: " + CxxNames.in(message));
        err.flush();
    }

    /** An error in the arguments. */
    CommandLine.ParameterException usage(String message) {
        return new CommandLine.ParameterException(spec.commandLine(), message);
    }
}
