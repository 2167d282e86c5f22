package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands that go over all processes, or all of a user, in a pid namespace of their own: there are no others in it than
 * the test's, and they end with it.
 */
@Tag("slow")
class OwnNamespaceTest {
    private static final String NOBODY = "65534";
    /** What a script prints between its steps, with the exit status of the one before. */
    private static final Pattern MARK = Pattern.compile("@@ (\\d+)\n");

    @TempDir
    static Path directory;
    static Path program;
    static Path fix;
    static Path stub;

    @BeforeAll
    static void build() throws Exception {
        Scripts.need("unshare", "setpriv", "mkfifo");
        Result unshare = Scripts.command("unshare", "--pid", "--fork", "--mount-proc", "true");
        Assumptions.assumeTrue(unshare.status() == 0, "no namespaces here: " + unshare.errors());
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        program = CrowdVictim.program(directory);
        fix = CrowdVictim.fix(directory, program);
        stub = Files.copy(Path.of(Scripts.pulpo("stub").output().strip()), directory.resolve("libpulpo.so"));
    }

    /** How a step of a script ended, and what it printed on both streams. */
    private record Step(int status, String output) {}

    /** Starts a crowd with three members, as root or as nobody, which obeys on descriptor 3 and answers on 4. */
    private static String crowd(String user, int members) {
        return "mkfifo -m 666 in out\nLD_PRELOAD=" + stub + " setpriv --reuid=" + user + " --regid=" + user
                + " --clear-groups -- " + program + " " + members + " <in >out &\n"
                + "exec 3>in 4<out\nrm in out\nread -r line <&4\n";
    }

    /** Runs a script as the first process of a namespace. Between its lines it says how they ended. */
    private static List<Step> run(String preparation, String... lines) throws Exception {
        StringBuilder script = new StringBuilder("set -u\ncd " + directory + "\n").append(preparation)
                .append("echo '@@ 0'\n");
        for (String line : lines) {
            script.append(line).append(" 2>&1\necho \"@@ $?\"\n");
        }
        Path file = Files.writeString(directory.resolve("script.sh"), script);
        Result result = Scripts.command("unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "sh",
                file.toString());
        List<Step> steps = new ArrayList<>();
        Matcher mark = MARK.matcher(result.output());
        int end = -1;
        while (mark.find()) {
            if (end >= 0) {
                steps.add(new Step(Integer.parseInt(mark.group(1)), result.output().substring(end, mark.start())));
            }
            end = mark.end();
        }
        assertThat(steps).as(result.output() + result.errors()).hasSize(lines.length);
        return steps;
    }

    private static void assertThatIt(Step step, int status, String pattern) {
        assertThat(step.output()).matches(Pattern.compile(pattern, Pattern.DOTALL));
        assertThat(step.status()).as(step.output()).isEqualTo(status);
    }

    private static String ask() {
        return "echo ask >&3; read -r line <&4; echo \"$line\"";
    }

    @Test
    void allThatCarryTheStubArePatchedAndThoseThatAreAreListed() throws Exception {
        String success = "(  crowd(-member)? \\(pid: \\d+\\): SUCCESS " + fix + "\n){4}";
        List<Step> steps = run(crowd("0", 3), "ulp patches --only-livepatched", "ulp patches",
                "ulp trigger " + fix, ask(), "ulp patches --only-livepatched", "ulp trigger " + fix,
                "pulpo trigger " + fix, "ulp trigger --revert " + fix, ask(), "ulp patches --only-livepatched");
        assertThatIt(steps.get(0), 0, "");
        assertThatIt(steps.get(1), 0, "(PID: \\d+, name: crowd(-member)?\n  Livepatching status: enabled\n"
                + "  Livepatchable libraries:\n    in " + program + ":\n\n){4}");
        assertThatIt(steps.get(2), 0, success + "ulp: Processes patched: 4, Skipped: 0, Failed: 0.\n");
        assertThatIt(steps.get(3), 0, "old 0, new 3, other 0\n");
        assertThatIt(steps.get(4), 0, "(PID: \\d+, name: crowd(-member)?\n  Livepatching status: enabled\n"
                + "  Livepatchable libraries:\n    in " + program
                + ":\n      livepatch: crowd_fix.so loaded on [^\n]*\n\n){4}");
        String already = "(  crowd(-member)? \\(pid: \\d+\\): SKIPPED Patch already applied\n){4}"
                + "ulp: Processes patched: 0, Skipped: 4, Failed: 0.\n";
        assertThatIt(steps.get(5), 0, already);
        assertThatIt(steps.get(6), 0, already.replace("Patch already applied", "[^\n]*: in force already"));
        assertThatIt(steps.get(7), 0, success + "ulp: Processes patched: 4, Skipped: 0, Failed: 0.\n");
        assertThatIt(steps.get(8), 0, "old 3, new 0, other 0\n");
        assertThatIt(steps.get(9), 0, "");
    }

    @Test
    void processesOfAUserAreSwitchedOffAndOn() throws Exception {
        String root = "(  crowd(-member)? \\(pid: \\d+\\): SUCCESS " + fix + "\n){2}";
        List<Step> steps = run(crowd("0", 1) + "exec 5>&3 6<&4\n" + crowd(NOBODY, 2),
                "ulp set_patchable -u nobody disable", "ulp set_patchable -u nobody disable",
                "ulp patches -u " + NOBODY, "ulp patches -u root", "ulp trigger " + fix, ask(),
                "echo ask >&5; read -r line <&6; echo \"$line\"", "ulp patches --only-livepatched -u nob*",
                "ulp set_patchable -u 'nob*' enable", "ulp trigger -u nobody " + fix, ask(),
                "ulp set_patchable -u daemon disable", "pulpo set_patchable -u daemon disable",
                "ulp set_patchable -u nobody perhaps");
        assertThatIt(steps.get(0), 0, "(\\[[^]]*\\] ulp: Process crowd(-member)? \\(pid: \\d+\\): "
                + "livepatching is now disabled.\n){3}");
        assertThatIt(steps.get(1), 0, "");
        assertThatIt(steps.get(2), 0, "(PID: \\d+, name: crowd(-member)?\n  Livepatching status: disabled by user\n"
                + "  Livepatchable libraries:\n    in " + program + ":\n\n){3}");
        assertThatIt(steps.get(3), 0, "(PID: \\d+, name: crowd(-member)?\n  Livepatching status: enabled\n"
                + "  Livepatchable libraries:\n    in " + program + ":\n\n){2}");
        assertThatIt(steps.get(4), 0, root + "(  crowd(-member)? \\(pid: \\d+\\): "
                + "SKIPPED Livepatching blocked by user request\n){3}"
                + "ulp: Processes patched: 2, Skipped: 3, Failed: 0.\n");
        assertThatIt(steps.get(5), 0, "old 2, new 0, other 0\n");
        assertThatIt(steps.get(6), 0, "old 0, new 1, other 0\n");
        assertThatIt(steps.get(7), 0, "");
        assertThatIt(steps.get(8), 0, "(\\[[^]]*\\] ulp: Process crowd(-member)? \\(pid: \\d+\\): "
                + "livepatching is now enabled.\n){3}");
        assertThatIt(steps.get(9), 0, "(  crowd(-member)? \\(pid: \\d+\\): SUCCESS " + fix + "\n){3}"
                + "ulp: Processes patched: 3, Skipped: 0, Failed: 0.\n");
        assertThatIt(steps.get(10), 0, "old 0, new 2, other 0\n");
        String nobody = "\\[[^]]*\\] ulp: no process that carries the stub and may be read is of user daemon.\n";
        assertThatIt(steps.get(11), 0, nobody);
        assertThatIt(steps.get(12), 5, nobody);
        assertThatIt(steps.get(13), 1, ".*Empty argument. Expected: 'enable' or 'disable'\n");
    }

    /** With -c no thread may be in the library at all; without, libpulp lets threads finish what they are in. */
    @Test
    void stacksAreLookedAtWhereThatIsWanted() throws Exception {
        List<Step> steps = run(crowd("0", 1), "ulp trigger -c --timeout 1 " + fix,
                "pulpo trigger --check-stack --timeout 1 " + fix, ask(), "ulp trigger " + fix, ask());
        // Its functions are those of the program, whose main function no thread ever leaves.
        String busy = "  crowd \\(pid: \\d+\\): FAILED " + fix
                + ": Resource temporarily unavailable: .* is inside crowd at main.*  crowd-member \\(pid: \\d+\\): FAILED "
                + fix + ": Resource temporarily unavailable: .* is inside crowd at main.*"
                + "ulp: Processes patched: 0, Skipped: 0, Failed: 2.\n";
        assertThatIt(steps.get(0), 11, busy);
        assertThatIt(steps.get(1), 4, busy);
        assertThatIt(steps.get(2), 0, "old 1, new 0, other 0\n");
        assertThatIt(steps.get(3), 0, "(  crowd(-member)? \\(pid: \\d+\\): SUCCESS " + fix + "\n){2}"
                + "ulp: Processes patched: 2, Skipped: 0, Failed: 0.\n");
        assertThatIt(steps.get(4), 0, "old 0, new 1, other 0\n");
    }

    /** The number of processes has no limit; how many are worked on at a time depends on how many files may be open. */
    @Test
    void hundredProcessesWithFewOpenFiles() throws Exception {
        List<Step> steps = run(crowd("0", 100), "(ulimit -n 64 && pulpo trigger " + fix + ")", ask(),
                "(ulimit -n 32 && pulpo trigger --revert " + fix + ")", ask());
        assertThatIt(steps.get(0), 0, ".*ulp: Processes patched: 101, Skipped: 0, Failed: 0.\n");
        assertThatIt(steps.get(1), 0, "old 0, new 100, other 0\n");
        assertThatIt(steps.get(2), 0, ".*ulp: Processes patched: 101, Skipped: 0, Failed: 0.\n");
        assertThatIt(steps.get(3), 0, "old 100, new 0, other 0\n");
    }
}
