package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the pages show that say so is what happens. */
@Tag("slow")
class GuideTest {
    private static final String MARK = "@@ command ";
    private static final Pattern BLOCK = Pattern.compile("^```(\\w+)(?: (\\S+))?\\n(.*?)^```$",
            Pattern.MULTILINE | Pattern.DOTALL);

    /** A command and what the page shows of its output. */
    private record Step(String command, String output) {}

    @ParameterizedTest
    @ValueSource(strings = {"guide.md", "updates.md", "stays-patched.md", "probes.md", "callbacks.md", "pictures.md",
            "data.md", "fleet.md"})
    void pageCanBeFollowed(String page, @TempDir Path directory) throws Exception {
        if (page.equals("fleet.md")) {
            Scripts.need("ansible", "gpg");
        }
        List<Step> steps = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(Files.readString(Scripts.MODULE.resolve("../docs").resolve(page)));
        while (blocks.find()) {
            if (blocks.group(2) != null) {
                Files.writeString(directory.resolve(blocks.group(2)), blocks.group(3));
            } else if (blocks.group(1).equals("sh")) {
                addSteps(blocks.group(3), steps);
            }
        }
        assertThat(steps).hasSizeGreaterThan(15);
        // Whatever happens, the server does not outlive the shell.
        StringBuilder script = new StringBuilder("set -eu\ncd '" + directory + "'\nserver=\n"
                + "trap '[ -z \"$server\" ] || kill \"$server\" 2>/dev/null || :' EXIT\n");
        for (int i = 0; i < steps.size(); i++) {
            script.append("echo '").append(MARK).append(i).append("'\n").append(steps.get(i).command).append('\n');
        }
        Path file = Files.writeString(directory.resolve("guide.sh"), script);
        Scripts.Result result = Scripts.shell(file);

        String[] outputs = result.output().split(MARK + "\\d+\n", -1);
        assertThat(result.status()).as(result.output() + result.errors()).isZero();
        for (int i = 0; i < steps.size(); i++) {
            assertThat(outputs[i + 1]).as(steps.get(i).command).matches(pattern(steps.get(i).output));
        }
    }

    /** {@code examples/bin/grown-struct} tries it; it needs an archive, so no test does. */
    @Test
    void patchOfAGrownStructIsTheOneThatIsTried() throws Exception {
        Matcher blocks = BLOCK.matcher(Files.readString(Scripts.MODULE.resolve("../docs/callbacks.md")));
        String shown = blocks.results().filter(block -> "fix.c".equals(block.group(2))).map(block -> block.group(3))
                .collect(Collectors.joining());
        assertThat(shown).startsWith("#include");
        assertThat(Files.readString(Scripts.MODULE.resolve("grown-struct/fix.c"))).endsWith("\n" + shown);
    }

    private static void addSteps(String block, List<Step> steps) {
        String[] commands = ("\n" + block).split("\n\\$ ", -1);
        Stream.of(commands).skip(1).map(text -> text.endsWith("\n") || !text.contains("\n") ? text : text + "\n")
                .forEach(text -> {
                    int end = text.indexOf('\n');
                    steps.add(end < 0
                            ? new Step(text, "")
                            : new Step(text.substring(0, end), text.substring(end + 1)));
                });
    }

    private static Pattern pattern(String shown) {
        return Pattern.compile(Stream.of(shown.split("…", -1)).map(Pattern::quote).collect(Collectors.joining(".*")));
    }
}
