package dev.pulpo.engine.container;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.MalformedElfException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What people and other tools write is read, or refused with its place; nothing else happens. In a normal build, each runs
 * over the seeds in {@code src/test/resources/dev/pulpo/engine/container/ContainerFuzzTestInputs}; {@code elf/FUZZING.md}
 * tells how to search for more.
 */
class ContainerFuzzTest {
    @FuzzTest(maxDuration = "10m")
    void description(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        List<String> lines = DescriptionParser.lines(text);
        try {
            Description parsed = DescriptionParser.parse(text, new DescriptionProblems("fuzz.dsc", lines));
            for (Description.Functions pair : parsed.functions()) {
                assertPlace(pair.function(), lines);
                assertPlace(pair.replacement(), lines);
            }
            for (Description.Reference reference : parsed.references()) {
                assertPlace(reference.variable(), lines);
                assertPlace(reference.reference(), lines);
            }
            assertPlace(parsed.container(), lines);
            assertPlace(parsed.target(), lines);
        } catch (DescriptionException e) {
            assertThat(e.problems()).isNotEmpty().allSatisfy(problem -> {
                assertThat(problem.line()).isBetween(1, Math.max(1, lines.size()));
                assertThat(problem.column()).isBetween(1, problem.text().length() + 1);
                assertThat(problem.column() + problem.length()).isLessThanOrEqualTo(problem.text().length() + 2);
                assertThat(problem.toString()).contains(problem.message()).endsWith("~".repeat(problem.length() - 1));
            });
        }
    }

    /** What an error would point at is there. */
    private static void assertPlace(Description.Word word, List<String> lines) {
        assertThat(lines.get(word.line() - 1).substring(word.column() - 1)).startsWith(word.text());
    }

    @FuzzTest(maxDuration = "10m")
    void json(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        try {
            ObjectSymbols read = SymbolsJson.read(text, "fuzz.json");
            assertThat(SymbolsJson.read(read.toJson(), "fuzz.json")).isEqualTo(read);
        } catch (MalformedElfException e) {
            assertThat(e.offset()).isBetween(0L, (long) text.length());
        }
    }

    @FuzzTest(maxDuration = "10m")
    void metadata(byte[] bytes) {
        try {
            Metadata read = MetadataFormat.decode(ByteCursor.of(MemorySegment.ofArray(bytes), "fuzz", 0));
            assertThat(MetadataFormat.encode(read)).isEqualTo(bytes);
        } catch (MalformedElfException e) {
            assertThat(e.offset()).isBetween(0L, (long) bytes.length);
        }
    }
}
