package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What docs/jshell.md shows is what happens. */
@Tag("slow")
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

        Scripts.Result result = Scripts.converse("jshell", PROMPT, typed);
        List<String> parts = List.of(result.output().split(Pattern.quote(PROMPT), -1));
        assertThat(parts).as(result.errors()).hasSize(typed.size() + 1);
        List<String> said = IntStream.range(0, typed.size())
                .mapToObj(i -> withoutEcho(parts.get(i + 1), typed.get(i)))
                .flatMap(String::lines).filter(line -> !line.isBlank()).map(TranscriptTest::steady).toList();
        assertThat(said).as(result.errors()).isEqualTo(answers);
    }

    /** What jshell finds waiting before it is ready to read, be it part of a line, it shows again in front of the answer. */
    private static String withoutEcho(String said, String typed) {
        int length = 0;
        while (length < Math.min(said.length(), typed.length()) && said.charAt(length) == typed.charAt(length)) {
            length++;
        }
        return said.substring(length);
    }

    /** Process ids, addresses and paths differ from run to run. */
    private static String steady(String line) {
        return line.replaceAll("process \\d+", "process N").replaceAll("0x[0-9a-f]+", "0xN").replaceAll(
                "LivePatch\\[.*",
                "LivePatch");
    }
}
