package dev.pulpo.examples.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.LiveProcess;
import dev.pulpo.examples.Schemas;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.ulp.Ulp;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** Options are obeyed, or they are an error; a mistake is told in one line. */
class UsageTest {
    private static final int ULP_USAGE = 64;

    @TempDir
    Path directory;

    /** What a command printed and how it ended. */
    private record Result(int status, String output, String errors) {}

    private static Result pulpo(String... arguments) {
        return run(Pulpo.commandLine(arguments), arguments);
    }

    private static Result run(CommandLine line, String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
        line.getSubcommands().values()
                .forEach(each -> each.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)));
        Result result = new Result(line.execute(arguments), out.toString(), err.toString());
        if (List.of(arguments).contains("--json")) {
            assertThat(Schemas.mistakes(arguments[0], result.output)).as(result.output).isEmpty();
        }
        return result;
    }

    /** An unset variable of a script names nothing, whichever option it is for. */
    @TestFactory
    List<DynamicTest> emptyValuesAreErrors() {
        List<DynamicTest> tests = new ArrayList<>();
        Pulpo.commandLine().getSubcommands().forEach((name, command) -> tests.addAll(ofCommand(name, command,
                ExitStatus.USAGE, arguments -> run(Pulpo.commandLine(arguments), arguments))));
        Ulp.commandLine().getSubcommands().forEach((name, command) -> tests.addAll(ofCommand("ulp " + name, command,
                ULP_USAGE, arguments -> run(Ulp.commandLine(arguments), arguments))));
        assertThat(tests.size()).isGreaterThan(80);
        return tests;
    }

    private interface Execution {
        Result of(String... arguments);
    }

    private static List<DynamicTest> ofCommand(String name, CommandLine command, int status, Execution execution) {
        List<DynamicTest> tests = new ArrayList<>();
        for (OptionSpec option : command.getCommandSpec().options()) {
            if (option.arity().max() > 0) {
                for (String empty : List.of("", " ")) {
                    tests.add(DynamicTest.dynamicTest(name + " " + option.longestName() + " '" + empty + "'", () -> {
                        Result result = execution.of(arguments(command, option, empty));
                        assertThat(result.status()).as(result.errors()).isEqualTo(status);
                        assertThat(result.errors()).contains(option.longestName());
                        assertThat(result.output()).isEmpty();
                    }));
                }
            }
        }
        return tests;
    }

    /** The command with everything that it requires, and this option empty. Nothing that is named exists. */
    private static String[] arguments(CommandLine command, OptionSpec option, String value) {
        List<String> arguments = new ArrayList<>(List.of(command.getCommandName(), option.longestName(), value));
        command.getCommandSpec().requiredArgs().stream().filter(OptionSpec.class::isInstance)
                .map(OptionSpec.class::cast).filter(required -> !required.equals(option))
                .forEach(required -> arguments.addAll(List.of(required.longestName(), "999999999")));
        command.getCommandSpec().positionalParameters().stream().filter(positional -> positional.arity().min() > 0)
                .forEach(positional -> arguments.add(valueOf(positional)));
        return arguments.toArray(String[]::new);
    }

    private static String valueOf(PositionalParamSpec positional) {
        Object[] choices = positional.type().getEnumConstants();
        return choices == null ? "nothing.so" : choices[0].toString();
    }

    @Test
    void emptyNamesOfFilesAreErrors() {
        assertThat(pulpo("apply", "-p", "999999999", "").errors()).contains("an argument FILE.so is empty");
        assertThat(pulpo("revert", "-p", "999999999", "").status()).isEqualTo(ExitStatus.USAGE);
        assertThat(pulpo("trigger", "").status()).isEqualTo(ExitStatus.USAGE);
        assertThat(pulpo("build", "--target", "x", "").status()).isEqualTo(ExitStatus.USAGE);
        assertThat(pulpo("run", "").status()).isEqualTo(ExitStatus.USAGE);
    }

    @Test
    void mistakesAreOneLineWithWhatMayHaveBeenMeant() {
        Result option = pulpo("apply", "-p", "999999999", "--timout", "3s", "x.so");
        assertThat(option.status()).isEqualTo(ExitStatus.USAGE);
        assertThat(option.errors().lines()).singleElement().asString().contains("--timout", "did you mean",
                "--timeout");
        Result command = pulpo("aply");
        assertThat(command.errors().lines()).singleElement().asString().contains("aply", "did you mean", "apply");
        Result json = pulpo("apply", "--json", "x.so");
        assertThat(json.output()).startsWith("{\"outcome\":\"wrong usage\",\"message\":\"Missing required option");
    }

    @Test
    void optionsWithoutEffectAreErrors() {
        assertThat(pulpo("diff", "--allow", "layout", "a", "b").errors()).contains("needs -o");
        assertThat(pulpo("diff", "--add", "extra.c", "a", "b").errors()).contains("--add").contains("needs -o");
        assertThat(pulpo("diff", "a", "b", "-o", "c", "--choose", "x=y.c").errors()).contains("needs --add");
        assertThat(pulpo("diff", "a", "b", "-o", "c", "--", "-DX").errors()).contains("needs --add");
        assertThat(pulpo("trigger", "--revert", "--allow", "layout", "x.so").errors()).contains("--allow");
        assertThat(pulpo("trigger", "--recursive", "x.so").errors()).contains("--recursive");
        assertThat(pulpo("trigger", "--color", "maybe", "x.so").errors()).contains("--color");
        try (LaunchedProcess process = LiveProcess.launch("sleep", "600")) {
            String pid = Integer.toString(process.pid());
            assertThat(pulpo("transition", "-p", pid, "--timeout", "1s").errors()).contains("--timeout");
            assertThat(pulpo("apply", "-p", pid, "--all", "x.so").errors()).contains("--all is for names");
            Result stranger = pulpo("trigger", "-p", pid, "-u", "nobody", "x.so");
            assertThat(stranger.status()).isEqualTo(ExitStatus.GONE);
            assertThat(stranger.errors()).contains("process " + pid + " is not of user nobody");
        }
    }

    @Test
    void aNameMeansOneProcess() throws Exception {
        Path sleeper = Files.copy(Path.of("/bin/sleep"), directory.resolve("pulposleeper"));
        LaunchedProcess other = LiveProcess.launch(sleeper.toString(), "600");
        try (LaunchedProcess one = LiveProcess.launch(sleeper.toString(), "600"); other) {
            Result two = pulpo("messages", "-p", "pulposleeper");
            assertThat(two.status()).isEqualTo(ExitStatus.USAGE);
            assertThat(two.errors()).contains("matches 2 processes", one.pid() + " (", other.pid() + " (");
            assertThat(pulpo("stack", "-p", "pulposleeper").errors()).contains("or say --all");
            Result none = pulpo("messages", "-p", "nosuchprocess*");
            assertThat(none.status()).isEqualTo(ExitStatus.GONE);
            assertThat(none.errors()).contains("no process matches 'nosuchprocess*'");
            other.close();
            assertThat(pulpo("messages", "-p", "pulposlee*").status()).isZero();
            Path source = Files.writeString(directory.resolve("fix.c"), "int f(void) { return 1; }\n");
            Result notElf = pulpo("apply", "-p", "pulposleeper", source.toString());
            assertThat(notElf.errors()).contains(source + " is no ELF file: pulpo build makes one from C");
            assertThat(pulpo("apply", "-p", "pulposleeper", directory.toString()).errors())
                    .contains(directory + ": is a directory");
            assertThat(pulpo("apply", "-p", "pulposleeper", directory + "/nothing.so").errors())
                    .contains(directory + "/nothing.so does not exist");
            Result thread = pulpo("stack", "-p", "pulposleeper", "--thread", "1");
            assertThat(thread.status()).isEqualTo(ExitStatus.GONE);
            assertThat(thread.errors()).contains("it has no thread 1");
        }
    }
}
