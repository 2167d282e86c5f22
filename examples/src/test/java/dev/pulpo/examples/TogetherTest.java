package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several patches and several processes in one command: all or nothing, and an exit status that says which. */
@Tag("slow")
class TogetherTest {
    @TempDir
    static Path directory;
    static String stub;
    static Path first;
    static Path second;
    static Path blocked;
    /** The server under a name that no other test's has. */
    static Path program;

    @BeforeAll
    static void build() throws Exception {
        Scripts.buildDemo();
        stub = Scripts.pulpo("stub").output().strip();
        program = Files.copy(Scripts.DEMO.resolve("server"), directory.resolve("together-srv"));
        first = container("first", 3, "greeting:greeting_fixed");
        second = container("second", 4, "greeting:greeting_fixed");
        blocked = container("blocked", 5, "serve:greeting_fixed");
    }

    private static Path container(String name, int version, String line) throws Exception {
        Path source = Files.writeString(directory.resolve(name + ".c"),
                "const char *greeting_fixed(void) { return \"hello from version " + version + "\"; }\n");
        Path file = directory.resolve(name + ".so");
        Process gcc = new ProcessBuilder("gcc", "-O2", "-shared", "-fPIC", "-Wl,--build-id=sha1", "-o",
                file.toString(), source.toString()).redirectErrorStream(true).start();
        String log = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(log).isZero();
        Path description = Files.writeString(directory.resolve(name + ".dsc"),
                file + "\n@" + Scripts.DEMO.resolve("libgreeting.so") + "\n" + line + "\n");
        Result packed = Scripts.run("", "ulp", "packer", description.toString());
        assertThat(packed.status()).as(packed.output() + packed.errors()).isZero();
        return file;
    }

    private static void says(String version, DemoServer... servers) throws IOException {
        for (DemoServer server : servers) {
            assertThat(server.says()).isEqualTo(version);
        }
    }

    @Test
    void applyIsAllOrNothing() throws Exception {
        try (DemoServer one = new DemoServer(program, stub); DemoServer two = new DemoServer(program, stub)) {
            String both = one.pid() + "," + two.pid();
            Result plan = Scripts.pulpo("plan", "-p", one.pid(), first.toString(), second.toString(), "--json");
            assertThat(plan.status()).as(plan.errors()).isZero();
            assertThat(plan.output()).startsWith("{\"plans\":[{");
            Result inside = Scripts.pulpo("apply", "-p", both, "--timeout", "200ms", "--allow", "signature", "--json",
                    first.toString(), blocked.toString());
            assertThat(inside.status()).as(inside.output() + inside.errors()).isEqualTo(4);
            assertThat(inside.output()).contains("\"outcome\":\"blocked\"",
                    "{\"pid\":" + one.pid() + ",\"result\":\"failed\"",
                    "{\"pid\":" + two.pid() + ",\"result\":\"untouched\"}");
            assertThat(inside.errors()).contains("is inside serve");
            says("1", one, two);

            Result alone = Scripts.pulpo("apply", "-p", two.pid(), first.toString(), second.toString());
            assertThat(alone.status()).as(alone.errors()).isZero();
            assertThat(alone.output().lines()).hasSize(2).allMatch(line -> line.startsWith("applied "));
            says("4", two);
            Result already = Scripts.pulpo("apply", "-p", both, first.toString(), second.toString());
            assertThat(already.status()).as(already.errors()).isZero();
            assertThat(already.output()).contains("process " + two.pid() + ": in force already");
            says("4", one, two);
            assertThat(Scripts.pulpo("revert", "-p", both, second.toString()).status()).isZero();
            assertThat(Scripts.pulpo("revert", "-p", both, first.toString()).status()).isZero();
            says("1", one, two);

            Result all = Scripts.pulpo("apply", "-p", both, "--json", first.toString(), second.toString());
            assertThat(all.status()).as(all.output() + all.errors()).isZero();
            assertThat(all.output()).startsWith("{\"outcome\":\"applied\",\"processes\":[")
                    .contains("{\"pid\":" + one.pid() + ",\"result\":\"in force\"",
                            "{\"pid\":" + two.pid() + ",\"result\":\"in force\"");
            says("4", one, two);

            Result back = Scripts.pulpo("revert", "-p", both, first.toString(), second.toString());
            assertThat(back.status()).as(back.output() + back.errors()).isZero();
            assertThat(back.output().lines()).hasSize(2).allMatch(line -> line.contains(": reverted "));
            says("1", one, two);
            Result ofTwo = Scripts.pulpo("apply", "-p", one.pid(), "--target", "x", first.toString(),
                    second.toString());
            assertThat(ofTwo.status()).isEqualTo(2);
            assertThat(ofTwo.errors()).startsWith("pulpo: --target, --build-id and --replace are for one file");
        }
    }

    @Test
    void revertIsAllOrNothing() throws Exception {
        try (DemoServer one = new DemoServer(program, stub); DemoServer two = new DemoServer(program, stub)) {
            String both = one.pid() + "," + two.pid();
            assertThat(Scripts.pulpo("apply", "-p", both, first.toString(), second.toString()).status()).isZero();
            says("4", one, two);
            Result newest = Scripts.pulpo("revert", "-p", both, "--json", second.toString());
            assertThat(newest.status()).as(newest.output() + newest.errors()).isZero();
            assertThat(newest.output()).startsWith("{\"outcome\":\"reverted\",\"processes\":[{")
                    .contains("\"pid\":" + one.pid(), "\"pid\":" + two.pid(), "\"result\":\"reverted\"",
                            "\"unloaded\":true");
            says("3", one, two);
            assertThat(Scripts.pulpo("revert", "-p", one.pid(), first.toString()).status()).isZero();
            Result missing = Scripts.pulpo("revert", "-p", both, first.toString());
            assertThat(missing.status()).as(missing.errors()).isZero();
            assertThat(missing.output()).contains("process " + one.pid() + ": not in force already: " + first);
            says("1", one, two);
            assertThat(Scripts.pulpo("apply", "-p", both, first.toString()).status()).isZero();
            Result trigger = Scripts.pulpo("trigger", "--all-or-nothing", "--revert", "-p", "together-*",
                    first.toString());
            assertThat(trigger.status()).as(trigger.output() + trigger.errors()).isZero();
            assertThat(trigger.output()).contains("(pid: " + one.pid() + "): SUCCESS " + first,
                    "(pid: " + two.pid() + "): SUCCESS " + first);
            says("1", one, two);
        }
    }

    @Test
    void triggerIsWhereThatIsAskedFor() throws Exception {
        String files = directory + "/*d.so";
        try (DemoServer one = new DemoServer(program, stub);
                DemoServer two = new DemoServer(program, stub)) {
            assertThat(Scripts.pulpo("set_patchable", "-p", two.pid(), "disable").status()).isZero();
            Result disabled = Scripts.pulpo("trigger", "--all-or-nothing", "-p", "together-*", second.toString());
            assertThat(disabled.output()).contains(
                    "(pid: " + one.pid() + "): FAILED " + second
                            + ": Nothing was changed, because of another process",
                    "(pid: " + two.pid() + "): SKIPPED Livepatching blocked by user request");
            assertThat(disabled.status()).as(disabled.output() + disabled.errors()).isEqualTo(3);
            says("1", one, two);

            assertThat(Scripts.pulpo("set_patchable", "-p", two.pid(), "enable").status()).isZero();
            Result done = Scripts.run("", "ulp", "trigger", "--all-or-nothing", "-p", "together-*", second.toString());
            assertThat(done.status()).as(done.output() + done.errors()).isZero();
            assertThat(done.output()).contains("Processes patched: 2, Skipped: 0, Failed: 0.");
            says("4", one, two);

            // One of them has it already; nobody has the other one, in which a thread always is.
            Result inside = Scripts.pulpo("trigger", "--all-or-nothing", "-p", "together-*", "--timeout", "1",
                    "--allow", "signature", files);
            assertThat(inside.status()).as(inside.output() + inside.errors()).isEqualTo(4);
            assertThat(inside.output()).contains(second + ": in force already",
                    "FAILED " + blocked + ": Resource temporarily unavailable");
            says("4", one, two);
            Result back = Scripts.pulpo("trigger", "--all-or-nothing", "--revert", "-p", "together-*", files);
            assertThat(back.output()).contains("SUCCESS " + second + "\n  together-srv (pid: ",
                    "Processes patched: 2, Skipped: 0, Failed: 0.", blocked + ": not in force already");
            says("1", one, two);
            Result twice = Scripts.pulpo("trigger", "--all-or-nothing", "--revert", "-p", "together-*", files);
            assertThat(twice.output()).contains(second + ": not in force already");
            assertThat(Scripts.pulpo("trigger", "--all-or-nothing", "--revert").status()).isEqualTo(2);
        }
    }
}
