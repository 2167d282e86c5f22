package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Hundreds of processes with one command, and what is seen of it on a terminal. */
@Tag("slow")
class CrowdTest {
    private static final String ALL = "crowd-mem*";
    private static final Pattern PROGRESS = Pattern.compile("\r\033\\[K(\\d+) of (\\d+) processes");

    @TempDir
    static Path directory;
    static Path program;
    static Path fix;
    static String stub;

    @BeforeAll
    static void build() throws Exception {
        program = CrowdVictim.program(directory);
        fix = CrowdVictim.fix(directory, program);
        stub = Scripts.pulpo("stub").output().strip();
    }

    /** The parent of many processes; they end with it. */
    private static final class Crowd implements AutoCloseable {
        private final Process process;
        private final BufferedReader output;

        Crowd(int count) throws IOException {
            ProcessBuilder builder = new ProcessBuilder(program.toString(), Integer.toString(count));
            builder.environment().put("LD_PRELOAD", stub);
            process = builder.start();
            output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            assertThat(output.readLine()).isEqualTo("ready");
        }

        String ask(String question) throws IOException {
            process.getOutputStream().write((question + "\n").getBytes(StandardCharsets.UTF_8));
            process.getOutputStream().flush();
            return output.readLine();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @Test
    void hundredsOfProcessesEachOnItsOwn() throws Exception {
        try (Crowd crowd = new Crowd(200)) {
            assertThat(crowd.ask("ask")).isEqualTo("old 200, new 0, other 0");
            String busy = crowd.ask("pid 20");
            String disabled = crowd.ask("pid 100");
            assertThat(crowd.ask("linger 20")).isEqualTo("in");
            assertThat(Scripts.pulpo("set_patchable", "-p", disabled, "disable").status()).isZero();

            Result applied = Scripts.pulpo("trigger", "-p", ALL, "--timeout", "1", fix.toString());
            assertThat(applied.status()).as(applied.output()).isEqualTo(4);
            assertThat(applied.output()).endsWith("ulp: Processes patched: 198, Skipped: 1, Failed: 1.\n")
                    .contains("  crowd-member (pid: " + busy + "): FAILED " + fix, "is inside answer",
                            "  crowd-member (pid: " + disabled + "): SKIPPED Livepatching blocked by user request\n");
            assertThat(applied.output().lines().filter(line -> line.endsWith("): SUCCESS " + fix))).hasSize(198);
            assertThat(crowd.ask("ask")).isEqualTo("old 1, new 198, other 0");
            assertThat(crowd.ask("leave 20")).isEqualTo("1");

            Result listed = Scripts.pulpo("patches", "-p", ALL, "--json");
            assertThat(listed.output().split("\"status\":\"in_force\"", -1)).hasSize(199);
            Result reverted = Scripts.pulpo("trigger", "-p", ALL, "--revert", "--disable-threading", fix.toString());
            assertThat(reverted.output()).endsWith("ulp: Processes patched: 198, Skipped: 2, Failed: 0.\n")
                    .contains("  crowd-member (pid: " + busy + "): SKIPPED " + fix + ": not in force already\n",
                            "  crowd-member (pid: " + disabled + "): SKIPPED " + fix + ": not in force already\n")
                    .doesNotContain("\033", "\r");
            assertThat(crowd.ask("ask")).isEqualTo("old 200, new 0, other 0");
        }
    }

    @Test
    void terminalShowsColoursAndHowFarALongRunIs() throws Exception {
        Scripts.need("script");
        try (Crowd crowd = new Crowd(12)) {
            assertThat(crowd.ask("linger 3")).isEqualTo("in");
            String trigger = "pulpo trigger -p '" + ALL + "' --timeout 3 " + fix;
            Result result = terminal(trigger);
            Matcher progress = PROGRESS.matcher(result.output());
            // One of them takes three seconds, so there is time for it, whatever the others take.
            assertThat(progress.results()).as(result.output()).isNotEmpty().allSatisfy(shown -> {
                assertThat(Integer.parseInt(shown.group(1))).isBetween(0, 11);
                assertThat(shown.group(2)).isEqualTo("12");
            });
            assertThat(result.output()).contains("\033[1;32m SUCCESS\033[0m " + fix, "\033[1;31m FAILED\033[0m " + fix)
                    .endsWith("ulp: Processes patched: 11, Skipped: 0, Failed: 1.\r\n");
            // It is gone before anything else is printed.
            for (String piece : result.output().split("\r\033\\[K", -1)) {
                assertThat(piece).matches("(?s)(?!.*\\d+ of \\d+ processes.).*");
            }
            assertThat(terminal("NO_COLOR=1 " + trigger + " 2>&1").output()).doesNotContain("\033[1;");
            // Whoever reads a file wants none of it, whatever else is a terminal.
            Path file = directory.resolve("output.txt");
            Result quiet = terminal(trigger + " >" + file);
            assertThat(quiet.output()).doesNotContain("processes", "\033");
            assertThat(file).content().doesNotContain("\033", "\r").contains("Failed: 1.");
            assertThat(crowd.ask("leave 3")).isEqualTo("1");
        }
    }

    /** Runs a line of the shell with a pseudo-terminal for its streams. */
    private static Result terminal(String line) throws Exception {
        return Scripts.command("env", "TERM=xterm", "script", "-qec", line, "/dev/null");
    }

    @Test
    void patchIsHandedOverUnderAPrefix() throws Exception {
        Path prefix = directory.resolve("prefix");
        Path inside = Path.of(prefix + fix.toString());
        Files.createDirectories(inside.getParent());
        Files.createLink(inside, fix);
        try (Crowd crowd = new Crowd(1)) {
            String pid = crowd.ask("pid 0");
            Result applied = Scripts.run("", "ulp", "trigger", "-p", pid, "-R", prefix.toString(), fix.toString());
            assertThat(applied.status()).as(applied.output() + applied.errors()).isZero();
            assertThat(crowd.ask("ask")).isEqualTo("old 0, new 1, other 0");
            assertThat(Path.of("/proc", pid, "maps")).content().contains(inside.toString());
        }
    }

    @Test
    void filesAreFoundRecursivelyAndFiltersSuspendedByThoseWhoMay() throws Exception {
        Path below = Files.createDirectories(directory.resolve("patches/of/today"));
        Files.copy(fix, below.resolve("first.so"));
        Files.createSymbolicLink(below.resolve("circle"), directory.resolve("patches"));
        try (Crowd crowd = new Crowd(2)) {
            String wildcard = directory.resolve("patches") + "/*.so";
            assertThat(Scripts.pulpo("trigger", "-p", ALL, wildcard).output()).isEmpty();
            assertThat(crowd.ask("ask")).isEqualTo("old 2, new 0, other 0");
            Result applied = Scripts.pulpo("trigger", "-p", ALL, "--recursive", wildcard);
            assertThat(applied.output()).as(applied.errors()).contains("SUCCESS " + below.resolve("first.so"),
                    "Processes patched: 2,");
            assertThat(crowd.ask("ask")).isEqualTo("old 0, new 2, other 0");

            Scripts.need("setpriv");
            Result refused = Scripts.command("setpriv", "--bounding-set=-sys_admin", "--inh-caps=-sys_admin", "ulp",
                    "trigger", "-p", ALL, "--disable-seccomp", fix.toString());
            assertThat(refused.status()).isEqualTo(1);
            assertThat(refused.errors()).contains("requires CAP_SYS_ADMIN");
        }
    }
}
