package dev.pulpo.examples.man;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.cli.Pulpo;
import dev.pulpo.examples.ulp.Ulp;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class ManPagesTest {
    @Test
    void everyCommandAndEveryOptionHasItsPlace() {
        for (CommandLine line : List.of(Pulpo.commandLine(), Ulp.commandLine())) {
            Map<String, String> pages = ManPages.pages(List.of(line));
            assertThat(pages).hasSize(1 + line.getSubcommands().size());
            line.getSubcommands().forEach((name, command) -> {
                assertThat(pages.get(line.getCommandName() + ".1"))
                        .contains("\\fB" + name.replace("-", "\\-") + "\\fR");
                String page = pages.get(line.getCommandName() + "-" + name + ".1");
                command.getCommandSpec().options().forEach(option -> {
                    assertThat(page).contains("\\fB" + option.longestName().replace("-", "\\-") + "\\fR");
                    assertThat(String.join("", option.description())).as(name + " " + option.longestName())
                            .isNotEmpty();
                });
            });
        }
    }

    @Test
    void everyPageHasExamplesAndTheCommandsAcceptThem() {
        List<CommandLine> lines = List.of(Pulpo.commandLine(), Ulp.commandLine());
        ManPages.pages(lines).forEach((name, page) -> assertThat(page).as(name).contains("\n.SH EXAMPLES\n",
                "\n.SH FILES\n", "\n.SH ENVIRONMENT\n", "\n.SH EXIT STATUS\n", "\n.SH SEE ALSO\n"));
        for (Example example : Example.all()) {
            List<String> words = example.words();
            CommandLine line = lines.stream().filter(program -> program.getCommandName().equals(words.getFirst()))
                    .findFirst().orElseThrow();
            CommandLine.ParseResult parsed = line.parseArgs(words.stream().skip(1).toArray(String[]::new));
            assertThat(parsed.errors()).as(example.command()).isEmpty();
            assertThat(parsed.hasSubcommand()).as(example.command()).isTrue();
        }
    }

    @Test
    void bashCompletesEveryCommand() {
        for (CommandLine line : List.of(Pulpo.commandLine(), Ulp.commandLine())) {
            String script = Completions.of(line);
            assertThat(script).contains("complete -F _complete_" + line.getCommandName());
            line.getSubcommands().keySet().forEach(command -> assertThat(script).contains(command));
        }
    }

    @Test
    void pagesAreSoundRoff() {
        ManPages.pages(List.of(Pulpo.commandLine(), Ulp.commandLine())).forEach((name, page) -> {
            assertThat(page).as(name).startsWith(".TH ").contains("\n.SH NAME\n", "\n.SH SYNOPSIS\n",
                    "\n.SH DESCRIPTION\n").doesNotContain("${", "\n\n");
            // A line that begins with a dot is one of these requests, and nothing that was meant as text.
            assertThat(page.lines().filter(line -> line.startsWith(".") || line.startsWith("'")))
                    .as(name).allMatch(line -> line.matches("\\.(TH .*|SH [A-Z ]+|TP|B .*)"));
        });
    }
}
