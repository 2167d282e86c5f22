package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What docs/jshell.md shows is what happens. */
class TranscriptTest {
    private static final String PROMPT = "jshell> ";

    @Test
    void documentedSessionCanBeReplayed() throws Exception {
        Scripts.buildDemo();
        String page = Files.readString(Scripts.MODULE.resolve("../docs/jshell.md"));
        int begin = page.indexOf("```jshell\n") + "```jshell\n".length();
        List<String> shown = page.substring(begin, page.indexOf("```", begin)).lines()
                .filter(line -> !line.isBlank()).toList();
        List<String> typed = shown.stream().filter(line -> line.startsWith(PROMPT))
                .map(line -> line.substring(PROMPT.length())).toList();
        List<String> answers = shown.stream().filter(line -> !line.startsWith(PROMPT)).map(TranscriptTest::steady)
                .toList();
        assertThat(answers).isNotEmpty();

        // Each line by itself: what jshell finds waiting before it is ready, it may show again in front of the answer.
        Scripts.Result result = Scripts.converse("jshell", PROMPT, typed);
        List<String> said = result.output().lines().map(line -> line.replace(PROMPT, ""))
                .filter(line -> !line.isBlank() && !line.startsWith("|  Welcome")
                        && !line.startsWith("|  For an intro"))
                .map(TranscriptTest::steady).toList();
        assertThat(said).as(result.errors()).isEqualTo(answers);
    }

    /** Process ids, paths and hash codes differ from run to run. */
    private static String steady(String line) {
        return line.replaceAll("process \\d+", "process N").replaceAll("@[0-9a-f]+", "@H").replaceAll("LivePatch\\[.*",
                "LivePatch");
    }
}
