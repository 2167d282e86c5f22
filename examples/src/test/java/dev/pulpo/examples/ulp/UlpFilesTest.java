package dev.pulpo.examples.ulp;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** What needs no process: commands on files, and mistakes. */
@Tag("slow")
class UlpFilesTest {
    @TempDir
    static Path directory;
    static Path fix;
    static Path library;

    @BeforeAll
    static void build() throws Exception {
        Process build = new ProcessBuilder(Path.of("demo/build.sh").toAbsolutePath().toString(), directory.toString())
                .redirectErrorStream(true).start();
        String log = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(build.waitFor()).as(log).isZero();
        fix = directory.resolve("fix.so");
        library = directory.resolve("libgreeting.so");
        assertThatIt(ulp("packer", description("greeting:greeting_fixed").toString()), 0, "",
                "ulp: metadata successfully embedded into livepatch container");
    }

    /** What a command printed and how it ended. */
    private record Result(int status, String output, String errors) {}

    private static Result ulp(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = Ulp.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        return new Result(Ulp.execute(line, arguments), out.toString(), err.toString());
    }

    private static Path description(String line) throws IOException {
        return Files.writeString(directory.resolve("fix.dsc"),
                "! bsc#12345 and CVE-2026-77\n" + fix + "\n@" + library + "\n" + line + "\n");
    }

    private static void assertThatIt(Result result, int status, String output, String errors) {
        assertThat(result.output()).contains(output);
        assertThat(result.errors()).contains(errors);
        assertThat(result.status()).as(result.output() + result.errors()).isEqualTo(status);
    }

    @Test
    void filesAreLookedAt() throws Exception {
        assertThat(ulp("dump", fix.toString()).output()).matches("(?s)patch id: [0-9a-f]{40}\nso filename: " + fix
                + "\n\n\\* build id: [0-9a-f]{40}\n\\* name: libgreeting.so\n\\* units: 1\n\n\\*\\* old_fname: greeting\n"
                + "\\*\\* new_fname: greeting_fixed\n\\*\\* old_faddr: 0x[0-9a-f]+\n\nstatic references: 0\n"
                + "\\* comments: \n bsc#12345 and CVE-2026-77\n\n");
        assertThatIt(ulp("dump", library.toString()), 1, "", "Unable to extract metadata file from " + library);
        assertThatIt(ulp("livepatchable", library.toString()), 0, "", "is livepatchable.");
        assertThatIt(ulp("livepatchable", fix.toString()), 1, "", "Missing __patchable_function_entries section.");
        assertThatIt(ulp("livepatchable", "nofile"), 1, "", "Unable to open file 'nofile': No such file or directory.");
        Path json = directory.resolve("greeting.json");
        assertThatIt(ulp("extract", library.toString(), "-o", json.toString()), 0, "", "");
        assertThat(json).content().contains("\"name\":\"libgreeting.so\"", "\"name\":\"greeting\"");
        assertThatIt(ulp("packer", "-t", json.toString(), "-o", directory.resolve("json.so2").toString(),
                description("greeting:greeting_fixed").toString()), 0, "", "successfully");
        assertThatIt(ulp("packer", description("greting:greeting_fixed").toString()), 1,
                directory + "/fix.dsc:4:1: error: libgreeting.so has no function greting; did you mean greeting?\n"
                        + "greting:greeting_fixed\n^~~~~~~\n",
                "metadata file generation failed.");
    }

    @Test
    void symbolsComeFromTheDebugFileAndThePatchFromElsewhere() throws Exception {
        Path debug = directory.resolve("libgreeting.debug");
        Path stripped = directory.resolve("stripped.so");
        run("objcopy", "--only-keep-debug", library.toString(), debug.toString());
        run("strip", "-o", stripped.toString(), library.toString());
        Path without = directory.resolve("without.json");
        Path with = directory.resolve("with.json");
        assertThatIt(ulp("extract", stripped.toString(), "-o", without.toString()), 0, "", "");
        assertThatIt(ulp("extract", stripped.toString(), "-d", debug.toString(), "--output", with.toString()), 0, "",
                "");
        // A local symbol of the start-up code, which every object has until it is stripped.
        assertThat(without).content().contains("\"name\":\"greeting\"").doesNotContain("frame_dummy");
        assertThat(with).content().contains("\"name\":\"greeting\"", "frame_dummy");

        Path other = Files.copy(fix, directory.resolve("other.so"));
        run("objcopy", "-R", ".ulp", "-R", ".ulp.rev", "-R", ".ulp.comments", other.toString());
        assertThatIt(ulp("dump", other.toString()), 1, "", "Unable to extract metadata file from " + other);
        assertThatIt(ulp("packer", "-l", other.toString(), "-t", with.toString(),
                description("greeting:greeting_fixed").toString()), 0, "", "successfully");
        assertThatIt(ulp("dump", other.toString()), 0, "** new_fname: greeting_fixed", "");
        assertThat(ulp("dump", "--revert", other.toString()).output())
                .matches("(?s)patch id: [0-9a-f]{40}\nso filename: " + other
                        + "\n\n\\* build id: [0-9a-f]{40}\n\\* name: stripped.so\n\\* units: 0\n.*");
    }

    /** What libpulp's own tool answers, where it is at hand: the variable LIBPULP_ULP names it. */
    @ParameterizedTest
    @ValueSource(strings = {"dump FIX", "dump -b FIX", "dump --revert FIX", "dump LIB", "dump /nowhere",
            "livepatchable LIB", "livepatchable FIX", "packer DSC", "packer WRONG", "check -p 99999999 FIX",
            "check FIX",
            "trigger", "trigger -p no-such-name FIX", "trigger -r 0 FIX", "trigger -q -v FIX", "messages",
            "messages -p 99999999", "set_patchable foo", "foo", "livepatchable /nowhere", "packer /nowhere",
            "trigger -p 99999999 FIX", "patches -p 99999999", "post FIX"})
    void answersAreThoseOfLibpulp(String line) throws Exception {
        String theirs = System.getenv("LIBPULP_ULP");
        Assumptions.assumeTrue(theirs != null, "LIBPULP_ULP does not name libpulp's ulp");
        Path description = description("greeting:greeting_fixed");
        Path wrong = Files.writeString(directory.resolve("wrong.dsc"),
                Files.readString(description).replace("greeting:", "greting:"));
        List<String> arguments = Stream.of(line.split(" ", -1)).map(word -> switch (word) {
            case "FIX" -> fix.toString();
            case "LIB" -> library.toString();
            case "DSC" -> description.toString();
            case "WRONG" -> wrong.toString();
            default -> word;
        }).toList();
        List<String> command = new ArrayList<>(List.of(theirs));
        command.addAll(arguments);
        Process process = new ProcessBuilder(command).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        String errors = new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
        Result ours = ulp(arguments.toArray(String[]::new));
        assertThat(ours.status()).isEqualTo(process.waitFor());
        if (line.equals("packer WRONG")) {
            // The same place, and more to say.
            assertThat(output).startsWith(wrong + ":4:1: error: ");
            assertThat(ours.output()).startsWith(wrong + ":4:1: error: ");
        } else if (!line.equals("packer /nowhere")) {
            assertThat(ours.output()).isEqualTo(output);
            assertThat(untimed(ours.errors())).startsWith(untimed(errors));
        }
    }

    private static String untimed(String errors) {
        return errors.strip().replaceAll("(?m)^\\[[-0-9: ]*\\] ", "");
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    @Test
    void postedLibraryWorksAndCanBePatched() throws Exception {
        Path posted = Files.copy(library, directory.resolve("posted.so"));
        assertThatIt(ulp("post", posted.toString()), 0, "", "");
        assertThat(Files.mismatch(library, posted)).isPositive();
        assertThatIt(ulp("livepatchable", posted.toString()), 0, "", "");
        // Merging again finds nothing else to do.
        byte[] once = Files.readAllBytes(posted);
        assertThatIt(ulp("post", posted.toString()), 0, "", "");
        assertThat(posted).hasBinaryContent(once);
        assertThatIt(ulp("post", fix.toString()), 1, "", "Section __patchable_function_entries not found.");
    }

    @Test
    void misuse() throws Exception {
        assertThatIt(ulp(), 64, "", "ulp: Too few arguments.\nTry `ulp --help' or `ulp --usage' for more information.");
        assertThatIt(ulp("foo"), 64, "", "ulp: Invalid command: foo.");
        assertThatIt(ulp("trigger"), 64, "", "ulp: Too few arguments.");
        assertThatIt(ulp("trigger", "--revert", "--revert-all", "x", "y"), 64, "",
                "--revert and --revert-all can not be used together.");
        assertThatIt(ulp("trigger", "-r", "0", "x"), 64, "", "must be greater than zero; got 0.");
        assertThatIt(ulp("trigger", "-q", "-v", "x"), 64, "", "You must specify either '-v' or '-q' or none.");
        assertThatIt(ulp("messages"), 64, "", "process is mandatory in 'messages' command.");
        assertThatIt(ulp("trigger", "-p", "no-such-name*", fix.toString()), 0, "", "");
        assertThatIt(ulp("patches", "-p", "99999999"), 1, "", "error gathering target process information");
        assertThatIt(ulp("check", "-p", "99999999", fix.toString()), 255, "", "error gathering");
        assertThat(ulp("trigger", "--help").output()).contains("--revert-all=LIB", "--disable-summarization", "-R");
    }

    /** What {@code --help} says of each command. */
    @ParameterizedTest
    @CsvSource({
            "trigger, -p --process -u --user -r --retries --timeout --revert --revert-all -R --root --recursive "
                    + "--disable-summarization --disable-threading --disable-seccomp -c --check-stack",
            "patches, -p --process -u --user -b --buildid --only-livepatched", "check, -p --process",
            "dump, -b --buildid --revert", "packer, -o --output -l --livepatch -t --target", "post, ''",
            "messages, -p --process", "livepatchable, ''", "set_patchable, -p --process -u --user",
            "extract, -o --output -d --with-debuginfo"})
    void optionsAreThoseOfLibpulp(String command, String own) {
        String help = ulp(command, "--help").output();
        for (String option : ("-v --verbose -q --quiet --color -? --help -V --version " + own).strip().split(" ")) {
            assertThat(help).containsPattern("(?m)(^|[ ,])" + Pattern.quote(option) + "([ ,=\\n]|$)");
        }
    }
}
