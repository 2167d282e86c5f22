package dev.pulpo.engine.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DescriptionTest {
    @TempDir
    static Path directory;
    static Samples samples;

    @BeforeAll
    static void build() throws IOException {
        samples = new Samples(directory);
    }

    private static Metadata pack(Path description) throws IOException, DescriptionException {
        return Packer.read(description, Optional.empty(), Optional.empty()).container().metadata();
    }

    private static List<DescriptionException.Problem> problems(Path description) {
        return catchThrowableOfType(DescriptionException.class, () -> pack(description)).problems();
    }

    @Test
    void everyKindOfLineIsUnderstood() throws Exception {
        Path dependency = samples.copy("dependency.so");
        Packer first = Packer.read(samples.description("second:new_second"), Optional.of(dependency), Optional.empty());
        first.write(dependency);
        Path description = Files.writeString(directory.resolve("all.dsc"), "! a comment\n\n" + samples.patch + "\n*"
                + dependency + "\n!another\n@" + samples.target + "\n\nfirst:new_first\r\nsecond:new_second\n"
                + "#counter:counter_reference\n#%exported_local:local_reference\n"
                + "#%whatever:private_reference:0x8:4A30\n#%exported_local:local_reference:0:0\n!the end");
        Packer packed = Packer.read(description, Optional.empty(), Optional.empty());
        assertThat(packed.container().comment()).isEqualTo(" a comment\nanother\nthe end");
        Metadata metadata = packed.container().metadata();
        assertThat(metadata.target()).isEqualTo("libtarget.so.1");
        assertThat(metadata.dependencies()).containsExactly(first.container().metadata().id());
        try (ElfFile target = ElfFile.open(samples.target); ElfFile patch = ElfFile.open(samples.patch)) {
            long entry = target.dynamicSymbols().find("first").orElseThrow().value();
            long local = target.dynamicSymbols().find("exported_local").orElseThrow().value();
            long counter = target.symbols().find("counter").orElseThrow().value();
            assertThat(metadata.targetBuild()).isEqualTo(target.buildId().orElseThrow());
            assertThat(metadata.functions()).hasSize(2)
                    .contains(new FunctionPair("first", "new_first", new LinkAddress(entry)));
            long reference = patch.dynamicSymbols().find("local_reference").orElseThrow().value();
            long counterReference = patch.dynamicSymbols().find("counter_reference").orElseThrow().value();
            assertThat(metadata.references()).containsExactlyInAnyOrder(
                    new DataReference("counter", "counter_reference", counter, counterReference, false),
                    new DataReference("exported_local", "local_reference", local, reference, true),
                    new DataReference("exported_local", "local_reference", local, reference, true),
                    new DataReference("whatever", "private_reference", 8, 0x4a30, true));
        }
    }

    @Test
    void targetMayBeJsonAndGivesTheSame() throws Exception {
        Path json = Files.writeString(directory.resolve("target.json"), ObjectSymbols.open(samples.target).toJson());
        Path description = samples.description("first:new_first", "#counter:counter_reference",
                "#%private_local:private_reference");
        assertThat(Packer.read(description, Optional.empty(), Optional.of(json)))
                .isEqualTo(Packer.read(description, Optional.empty(), Optional.empty()));
        assertThat(ObjectSymbols.open(json)).isEqualTo(ObjectSymbols.open(samples.target));
    }

    @Test
    void libpulpsJsonIsUnderstoodAndOursByLibpulp() throws Exception {
        String ulp = Libpulp.ulp();
        samples.run(ulp, "extract", samples.target.toString(), "-o", "theirs.json");
        Path description = samples.description("first:new_first", "#counter:counter_reference",
                "#%private_local:private_reference");
        Path theirs = directory.resolve("theirs.json");
        Packer packed = Packer.read(description, Optional.empty(), Optional.empty());
        assertThat(Packer.read(description, Optional.empty(), Optional.of(theirs))).isEqualTo(packed);
        Path ours = Files.writeString(directory.resolve("ours.json"), ObjectSymbols.open(samples.target).toJson());
        Path container = samples.copy("byours.so");
        samples.run(ulp, "packer", "-t", ours.toString(), "-l", container.toString(), description.toString());
        try (ElfFile elf = ElfFile.open(container)) {
            assertThat(Container.read(elf).orElseThrow().metadata()).isEqualTo(packed.container().metadata());
        }
    }

    @Test
    void errorIsShownAsACompilerDoes() throws Exception {
        Path description = samples.description("first:new_first", "secnd:new_second");
        DescriptionException e = catchThrowableOfType(DescriptionException.class, () -> pack(description));
        assertThat(e)
                .hasMessage(description + ":4:1: error: libtarget.so.1 has no function secnd; did you mean second?\n"
                        + "secnd:new_second\n"
                        + "^~~~~");
    }

    @Test
    void allThatIsWrongIsSaidAtOnce() throws Exception {
        assertThat(problems(samples.description("firs:new_first", "second:new_secnd", "#countr:counter_reference",
                "#%local:local_reference"))).extracting(DescriptionException.Problem::line).containsExactly(3, 4, 5, 6);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', value = {
            "first|6|expected ':' and the function of the patch that replaces it",
            "first:|7|expected a function of the patch behind the ':'",
            ":new_first|1|expected a function of the target before the ':'",
            "first:new_first:x|16|expected the end of the line",
            "first:new_frst|7|patch.so has no function new_frst; did you mean new_first?",
            "#counter|9|expected ':' and the variable of the patch that refers to it",
            "#counter:|10|expected a variable of the patch behind the ':'",
            "#counter:counter_reference:8|29|expected ':' and the offset of the reference in the patch",
            "#counter:counter_reference:zz:8|28|expected a hexadecimal offset, and 0 where it is to be found by name",
            "#counter:counter_reference:8:11112222333344445|30|expected a hexadecimal offset, and 0 where it is to be "
                    + "found by name",
            "#:counter_reference|2|expected a variable of the target",
            "#%counter:local_reference|3|libtarget.so.1 has no thread-local variable counter",
            "#countre:counter_reference|2|libtarget.so.1 has no variable or function countre; did you mean counter?",
            "#counter:counter_refernce|10|patch.so has no variable counter_refernce; did you mean counter_reference?",
            "*late|1|dependencies come before the target",
            "@again|1|a second target; the first is in line 2, and a patch has one"})
    void placeAndReasonAreGiven(String line, int column, String message) throws Exception {
        assertThat(problems(samples.description(line))).singleElement().satisfies(problem -> {
            assertThat(problem.message()).isEqualTo(message);
            assertThat(problem.line()).isEqualTo(3);
            assertThat(problem.column()).isEqualTo(column);
        });
    }

    @Test
    void filesThatAreNotWhatTheyShouldBe() throws Exception {
        Path description = directory.resolve("files.dsc");
        Files.writeString(description, "");
        assertThat(problems(description)).singleElement().extracting(DescriptionException.Problem::message)
                .asString().startsWith("the description is empty");
        Files.writeString(description, samples.patch + "\n");
        assertThat(problems(description)).singleElement().extracting(DescriptionException.Problem::message)
                .asString().startsWith("expected a line @path");
        Files.writeString(description, directory + "\n*" + description + "\n@" + directory.resolve("none") + "\n");
        assertThat(problems(description)).extracting(DescriptionException.Problem::toString).satisfiesExactly(
                problem -> assertThat(problem).contains(":1:1: error: " + directory + " is a directory"),
                problem -> assertThat(problem).contains(":2:2: error: " + description + ": at 0x0: expected type 1"),
                problem -> assertThat(problem)
                        .contains(":3:2: error: " + directory.resolve("none") + " does not exist"));
        Files.writeString(description, samples.patch + "\n@/dev/zero\n");
        assertThat(problems(description)).singleElement().extracting(DescriptionException.Problem::message)
                .isEqualTo("/dev/zero is no regular file");
        Files.writeString(description, samples.patch + "\n@" + samples.directory.resolve("patch.c") + "\n");
        assertThat(problems(description)).singleElement().extracting(DescriptionException.Problem::message)
                .asString().contains("expected JSON, found '/'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"{|JSON, found the end", "''|a value, found the end",
            "{}|an object as library",
            "[1,]|JSON, found ']'", "{\"a\":1,\"a\":2}|each name once in an object",
            "{\"library\":{}}|a string as library.buildid",
            "{\"library\":{\"buildid\":\"xy\"}}|pairs of hexadecimal digits as library.buildid",
            "{\"library\":{\"buildid\":\"ab\",\"symbols\":[{\"name\":1}]}}|a string as library.symbols[0].name",
            "tru|JSON, found 't'", "\"\\u12g4\"|JSON, found 'g'", "\"\\ud800\"|both halves of each character",
            "1 2|the end, found '2'", "99999999999999999999|a number of 64 bits"})
    void jsonThatIsNotWhatItShouldBe(String text, String expected) {
        MalformedElfException e = catchThrowableOfType(MalformedElfException.class,
                () -> SymbolsJson.read(text, "test.json"));
        assertThat(e).hasMessageContaining("expected " + expected);
    }

    @Tag("slow")
    @Test
    void nothingThatIsTypedMakesItCrash() throws Exception {
        String[] pieces = {"first", "new_first", "second", "new_second", ":", ":", "\n", "\n", "#", "%", "@", "*", "!",
                "0", "8", "0x", "counter", "counter_reference", samples.patch.toString(), samples.target.toString(),
                directory.toString(), "\0", "\t", "é", "\r", " ", ""};
        Random random = new Random(20260902);
        Path description = directory.resolve("fuzz.dsc");
        int packed = 0;
        for (int run = 0; run < 3_000; run++) {
            StringBuilder text = new StringBuilder();
            if (random.nextBoolean()) {
                text.append(samples.patch).append("\n@").append(samples.target).append('\n');
            }
            for (int i = random.nextInt(12); i > 0; i--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
            if (bytes.length > 0 && random.nextInt(4) == 0) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            Files.write(description, bytes);
            try {
                pack(description);
                packed++;
            } catch (DescriptionException e) {
                for (DescriptionException.Problem problem : e.problems()) {
                    assertThat(problem.line()).isPositive();
                    assertThat(problem.column()).isPositive();
                    assertThat(problem.length()).isPositive();
                    assertThat(problem.message()).isNotBlank();
                }
            }
        }
        assertThat(packed).isGreaterThan(50);
    }
}
