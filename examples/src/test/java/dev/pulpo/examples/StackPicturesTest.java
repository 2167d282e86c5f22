package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.engine.LivePatch;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.TimelineRecorder;
import dev.pulpo.examples.cli.Pulpo;
import dev.pulpo.examples.picture.TimelinePicture;
import dev.pulpo.ffm.LaunchedProcess;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** Pictures of real processes, made by the command line; where Chromium is installed, it opens them. */
class StackPicturesTest {
    private static final String PLACEHOLDER = "this_name_is_overwritten_in_the_file_by_one_that_breaks_out_of_pages";
    private static final String HOSTILE = "</script><script>document.title='broken'</script>\"&\\;\n______________";
    private static final String SHOWN = HOSTILE.replace("\n", "\\x0a");

    @TempDir
    static Path directory;

    private record Result(int status, String output, String errors) {}

    private static Result pulpo(String... arguments) {
        CommandLine line = Pulpo.commandLine(arguments);
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        line.getSubcommands().values()
                .forEach(each -> each.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)));
        return new Result(line.execute(arguments), out.toString(), err.toString());
    }

    /** The victim, with a function whose name no compiler takes. */
    @BeforeAll
    static void build() throws Exception {
        Path source = directory.resolve("pictures.c");
        try (var resource = StackPicturesTest.class.getResourceAsStream("/victims/pictures.c")) {
            Files.write(source, resource.readAllBytes());
        }
        Path file = directory.resolve("pictures");
        assertThat(Scripts.command("gcc", "-O2", "-g", "-Wall", "-Werror", "-pthread", "-o", file.toString(),
                source.toString()).errors()).isEmpty();
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        assertThat(bytes).contains(PLACEHOLDER);
        assertThat(HOSTILE).hasSameSizeAs(PLACEHOLDER);
        Files.writeString(file, bytes.replace(PLACEHOLDER, HOSTILE), StandardCharsets.ISO_8859_1);
    }

    private static LaunchedProcess start(String... command) throws Exception {
        LaunchedProcess process = LiveProcess.launch(command);
        BufferedReader output = new BufferedReader(
                new InputStreamReader(process.output().orElseThrow(), StandardCharsets.UTF_8));
        assertThat(output.readLine()).isNotNull();
        return process;
    }

    @Test
    void foldedStacksAreThoseOfTheThreads() throws Exception {
        try (LaunchedProcess victim = start(directory.resolve("pictures").toString())) {
            Result folded = whole(directory.resolve("none"), "stack", "-p", Integer.toString(victim.pid()), "--folded",
                    "--samples", "3",
                    "--every",
                    "1ms");
            assertThat(folded.status()).as(folded.errors()).isZero();
            List<String> lines = folded.output().lines().toList();
            assertThat(lines).hasSize(3);
            assertThat(lines).filteredOn(line -> line.startsWith("quiet;")).singleElement().asString()
                    .contains(";quiet;plain;inner_[i];").endsWith(" 9");
            assertThat(lines).filteredOn(line -> line.startsWith("\"><svg onload=;")).singleElement().asString()
                    .contains(";loud;" + SHOWN.replace(';', ':') + ";inner_[i];").endsWith(" 3");
            assertThat(lines).filteredOn(line -> line.startsWith("pictures;")).singleElement().asString()
                    .contains(";main;").endsWith(" 3");
            assertThat(folded.errors()).containsPattern(
                    "3 samples of process \\d+ \\(pictures\\) in \\d+ ms: 15 stacks, 3 different; 5 threads stopped for "
                            + "\\d+ µs in all, one for at most \\d+ µs");
            assertThat(pulpo("stack", "-p", Integer.toString(victim.pid()), "--folded", "--json").output())
                    .contains("\"longestPauseMicros\":", "\"running\":false");
        }
    }

    /** Samples until every thread has stopped in time, as threads do unless the machine is crowded. */
    private static Result whole(Path written, String... arguments) throws Exception {
        while (true) {
            Result result = pulpo(arguments);
            assertThat(result.status()).as(result.errors()).isZero();
            if (!(result.output() + (Files.exists(written) ? Files.readString(written) : ""))
                    .contains("[incomplete]")) {
                return result;
            }
        }
    }

    @Test
    void optionsThatSayNothingAreErrors() {
        assertThat(pulpo("stack", "-p", "1", "--samples", "3").status()).isEqualTo(2);
        assertThat(pulpo("stack", "-p", "1", "--folded", "--samples", "0").status()).isEqualTo(2);
        assertThat(pulpo("stack", "-p", "1", "--folded", "--locals").status()).isEqualTo(2);
    }

    /** The document after its scripts have run; the test is skipped without the browser. */
    private static String opened(String address) throws Exception {
        boolean installed = Stream.of(System.getenv("PATH").split(":", -1))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "chromium")));
        Assumptions.assumeTrue(installed, "chromium is not installed, so no browser opens the page");
        Scripts.Result result = Scripts.command("timeout", "60", "chromium", "--headless", "--no-sandbox",
                "--disable-gpu", "--window-size=1400,900", "--user-data-dir=" + directory.resolve("chromium"),
                "--dump-dom", address);
        assertThat(result.status()).as(result.errors()).isZero();
        return result.output();
    }

    private static long count(String document, String classes, String title) {
        Matcher found = Pattern.compile("<g class=\"" + classes + "\" data-count=\"(\\d+)\"><rect[^>]*></rect>"
                + "(?:<text[^>]*>[^<]*</text>)?<title>" + Pattern.quote(title)).matcher(document);
        assertThat(found.find()).as(classes + " " + title).isTrue();
        return Long.parseLong(found.group(1));
    }

    @Tag("slow")
    @Test
    void browserDrawsTheFlameGraph() throws Exception {
        Path page = directory.resolve("flame.html");
        try (LaunchedProcess victim = start(directory.resolve("pictures").toString(), "busy")) {
            Result made = whole(page, "stack", "-p", Integer.toString(victim.pid()), "--flame", page.toString(),
                    "--samples",
                    "5", "--every", "1ms");
            assertThat(made.status()).as(made.errors()).isZero();
            assertThat(made.output()).startsWith("5 samples of process ");
        }
        String document = opened(page.toUri().toString());
        assertThat(document).contains("<title>Stacks of process ").doesNotContain("<title>broken");
        assertThat(count(document, "all", "all threads")).isEqualTo(30);
        assertThat(count(document, "thread", "quiet")).isEqualTo(15);
        assertThat(count(document, "thread", "\"&gt;&lt;svg onload=")).isEqualTo(5);
        assertThat(count(document, "frame", "plain in pictures")).isEqualTo(15);
        assertThat(count(document, "inlined", "inner in pictures, inlined")).isEqualTo(15);
        assertThat(count(document, "frame", SHOWN.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")))
                .isEqualTo(5);

        String searched = opened(page.toUri() + "#search=PLAIN&running=0");
        assertThat(count(searched, "frame hit", "plain in pictures")).isEqualTo(15);
        assertThat(searched).containsPattern("<span id=\"found\">15 of (25|2[6-9]|30) stacks, ");
        assertThat(opened(page.toUri() + "#running=0&waiting=0")).contains("<p id=\"nothing\">")
                .doesNotContain("class=\"thread\"");
    }

    @Test
    void reportHasTheNumbersOfTheOutcome() throws Exception {
        Scripts.buildDemo();
        LivePatch patch = LivePatch.of(Scripts.DEMO.resolve("fix.so")).target("libgreeting.so").replace("greeting",
                "greeting_fixed");
        try (LaunchedProcess server = start(Scripts.DEMO.resolve("server").toString(), "2", "stdin");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            TimelineRecorder recorder = new TimelineRecorder();
            process.listen(recorder);
            Outcome outcome = process.apply(patch);
            String svg = TimelinePicture.of("apply", List.of(outcome.toString()), recorder.timelines());
            assertThat(svg).contains(outcome.threads() + " threads", ">" + process.name() + " " + server.pid() + "<");
            Matcher told = Pattern.compile("the longest pause of a thread: ([0-9.]+) (µs|ms|s)<").matcher(svg);
            assertThat(told.find()).isTrue();
            double unit = told.group(2).equals("µs") ? 1e3 : told.group(2).equals("ms") ? 1e6 : 1e9;
            assertThat(Double.parseDouble(told.group(1)) * unit).as("three digits are told")
                    .isCloseTo((double) outcome.pause().toNanos(), Percentage.withPercentage(0.6));
        }
    }

    @Test
    void commandsReport() throws Exception {
        Scripts.buildDemo();
        String fix = Scripts.DEMO.resolve("fix.so").toString();
        Path report = directory.resolve("report.svg");
        try (LaunchedProcess server = start(Scripts.DEMO.resolve("server").toString(), "2", "stdin");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            String pid = Integer.toString(server.pid());
            Result nowhere = pulpo("apply", "-p", pid, "--target", "libgreeting.so", "--replace",
                    "greeting=greeting_fixed", "--report", directory.resolve("missing/report.svg").toString(), fix);
            assertThat(nowhere.status()).isEqualTo(1);
            assertThat(nowhere.errors()).contains("missing/report.svg");
            assertThat(process.patches()).as("nothing is begun without its report").isEmpty();

            Result applied = pulpo("apply", "-p", pid, "--target", "libgreeting.so", "--replace",
                    "greeting=greeting_fixed", "--report", report.toString(), fix);
            assertThat(applied.status()).as(applied.errors()).isZero();
            assertThat(Files.readString(report)).contains(">apply fix.so<",
                    ">applied " + applied.output().split(" ")[1],
                    "load the patch", "commit");
            Result reverted = pulpo("revert", "-p", pid, "--report", report.toString(), fix);
            assertThat(reverted.status()).as(reverted.errors()).isZero();
            assertThat(Files.readString(report)).contains(">revert ", ">reverted ", "unload");

            Result refused = pulpo("apply", "-p", pid, "--target", "libgreeting.so", "--replace",
                    "greting=greeting_fixed", "--report", report.toString(), fix);
            assertThat(refused.status()).isEqualTo(3);
            assertThat(Files.readString(report)).contains("did you mean greeting?");
        }
    }
}
