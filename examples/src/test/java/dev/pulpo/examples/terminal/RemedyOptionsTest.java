package dev.pulpo.examples.terminal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.Check;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Remedy;
import dev.pulpo.examples.cli.Pulpo;
import dev.pulpo.examples.ulp.Ulp;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;

/** Messages name the options and commands that there are. */
class RemedyOptionsTest {
    /** Where options are that are named without their command. */
    private static final List<String> COMMANDS = List.of("apply", "build", "diff", "print");

    static List<Remedy> remedies() {
        return Stream.of(Arrays.stream(Remedy.Action.values()),
                Arrays.stream(Consistency.Level.values()).map(Remedy.AskFor::new),
                Arrays.stream(Check.values()).filter(Check::isOverridable).map(Remedy.AllowCheck::new),
                Stream.of(new Remedy.WaitLonger("wait"), new Remedy.ChooseSymbol("counter")))
                .<Remedy>flatMap(each -> each).toList();
    }

    @ParameterizedTest
    @MethodSource("remedies")
    void optionsAndCommandsExist(Remedy remedy) {
        String name = RemedyOptions.WORDING.name(remedy);
        if (name.startsWith("pulpo ")) {
            areOf(Pulpo.commandLine(name.split(" ")[1]), name);
        } else if (name.startsWith("ulp ")) {
            areOf(Ulp.commandLine(name.split(" ")[1]), name);
        } else if (name.startsWith("-")) {
            for (String option : name.split(", ")) {
                String[] words = option.split(" ");
                assertThat(COMMANDS)
                        .anyMatch(command -> options(Pulpo.commandLine(command), command).contains(words[0]));
            }
        } else {
            assertThat(name).isIn("", "prlimit --fsize");
        }
    }

    private static void areOf(CommandLine line, String name) {
        String[] words = name.split(" ");
        assertThat(line.getSubcommands()).containsKey(words[1]);
        assertThat(Arrays.stream(words).skip(2).filter(word -> word.startsWith("-")))
                .allMatch(option -> options(line, words[1]).contains(option));
    }

    private static List<String> options(CommandLine line, String command) {
        return Optional.ofNullable(line.getSubcommands().get(command)).orElseThrow().getCommandSpec().options().stream()
                .flatMap(option -> Arrays.stream(option.names())).toList();
    }

    @ParameterizedTest
    @MethodSource("remedies")
    void levelsAndChecksAreWordsThatTheOptionsTake(Remedy remedy) {
        if (remedy instanceof Remedy.AskFor || remedy instanceof Remedy.AllowCheck) {
            String[] option = RemedyOptions.WORDING.name(remedy).split(" ");
            CommandLine line = Pulpo.commandLine("apply");
            assertThat(line.parseArgs("apply", "-p", "1", option[0], option[1], "fix.so").errors()).isEmpty();
        }
    }

    @Test
    void failuresSayTheOptions() {
        RuntimeException failure = new RefusedException(7, new Refusal.NothingToReplace("fix.so"));
        assertThat(FailureText.of(failure))
                .isEqualTo("process 7: fix.so does not say what it replaces; name the target and "
                        + "the functions (--target, --replace)");
    }
}
