package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** libpulp's command line, and the same commands as {@code pulpo} has them, on servers that were started by hand. */
@Tag("slow")
class UlpTest {
    @TempDir
    static Path directory;
    static String stub;
    static Path fix;
    static Path library;

    @BeforeAll
    static void build() throws Exception {
        Scripts.buildDemo();
        stub = Scripts.pulpo("stub").output().strip();
        fix = Files.copy(Scripts.DEMO.resolve("fix.so"), directory.resolve("fix.so"));
        library = Scripts.DEMO.resolve("libgreeting.so");
        Path description = description("greeting:greeting_fixed");
        Result packed = ulp("packer", description.toString());
        assertThat(packed.status()).as(packed.output() + packed.errors()).isZero();
        assertThat(packed.errors()).contains("ulp: metadata successfully embedded into livepatch container");
    }

    private static Path description(String line) throws IOException {
        return Files.writeString(directory.resolve("fix.dsc"),
                "! bsc#12345 and CVE-2026-77\n" + fix + "\n@" + library + "\n" + line + "\n");
    }

    private static Result ulp(String... arguments) throws Exception {
        return Scripts.run("", "ulp", arguments);
    }

    private static void assertThatIt(Result result, int status, String output, String errors) {
        assertThat(result.output()).contains(output);
        assertThat(result.errors()).contains(errors);
        assertThat(result.status()).as(result.output() + result.errors()).isEqualTo(status);
    }

    @Test
    void lifeOfAPatch() throws Exception {
        try (DemoServer server = new DemoServer(stub)) {
            String pid = server.pid();
            assertThatIt(ulp("check", "-p", pid, fix.toString()), 0, "", "ulp: patch not yet applied");
            // Options may come before the command.
            Result applied = ulp("-p", pid, "trigger", fix.toString());
            assertThatIt(applied, 0, "  server (pid: " + pid + "): SUCCESS " + fix
                    + "\nulp: Processes patched: 1, Skipped: 0, Failed: 0.\n", "");
            assertThat(server.says()).isEqualTo("2");
            assertThatIt(ulp("check", "-p", pid, fix.toString()), 1, "", "ulp: patch already applied");
            assertThatIt(Scripts.pulpo("check", "-p", pid, fix.toString()), 0, "", "patch already applied");
            assertThatIt(ulp("trigger", "-p", pid, fix.toString()), 0, "SKIPPED Patch already applied\n"
                    + "ulp: Processes patched: 0, Skipped: 1, Failed: 0.", "");
            assertThatIt(Scripts.pulpo("trigger", "-p", pid, fix.toString()), 0,
                    "SKIPPED " + fix + ": in force already",
                    "");
            Result patches = ulp("patches", "-b", "-p", pid);
            assertThat(patches.output()).matches("(?s)PID: " + pid + ", name: server\n"
                    + "  Livepatching status: enabled\n  Livepatchable libraries:\n.*    in " + library
                    + " \\([0-9a-f]{40}\\):\n      livepatch: fix.so loaded on \\w{3} \\w{3} .\\d \\d\\d:\\d\\d:\\d\\d "
                    + "\\d{4}\n        bug labels: bsc#12345 CVE-2026-77 \n.*");
            assertThatIt(ulp("trigger", "-p", pid, "--revert", fix.toString()), 0, "SUCCESS", "");
            assertThat(server.says()).isEqualTo("1");
            assertThatIt(ulp("trigger", "-p", pid, "--revert", fix.toString()), 16, "FAILED " + fix
                    + ": Patch not applied\n", "");
            assertThat(ulp("messages", "-p", pid).output()).startsWith("libpulp loaded").contains("applied",
                    "reverted");
        }
    }

    @Test
    void allOfALibraryAloneAndForAnother() throws Exception {
        try (DemoServer server = new DemoServer(stub)) {
            String pid = server.pid();
            assertThatIt(ulp("trigger", "-p", pid, "--revert-all", "libgreeting.so"), 0, "SKIPPED No patches installed",
                    "");
            assertThatIt(ulp("trigger", "-p", pid, "--revert-all=target", fix.toString()), 0, "SUCCESS", "");
            assertThat(server.says()).isEqualTo("2");
            assertThatIt(ulp("trigger", "-p", pid, "--revert-all=target", fix.toString()), 0, "SUCCESS", "");
            assertThat(server.says()).isEqualTo("2");
            assertThatIt(ulp("trigger", "-p", pid, "--revert-all", "libgreeting.so"), 0,
                    "SUCCESS reverted all patches from 'libgreeting.so'", "");
            assertThat(server.says()).isEqualTo("1");
        }
    }

    @Test
    void manyProcessesEachOnItsOwn() throws Exception {
        List<DemoServer> servers = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                servers.add(new DemoServer(stub));
            }
            assertThatIt(ulp("set_patchable", "-p", servers.get(1).pid(), "disable"), 0, "",
                    "Process server (pid: " + servers.get(1).pid() + "): livepatching is now disabled.");
            assertThat(ulp("patches", "-p", servers.get(1).pid()).output())
                    .contains("Livepatching status: disabled by user");
            Files.copy(Scripts.DEMO.resolve("fix.so"), directory.resolve("unpacked.so"));
            // Other tests' servers may be there, too; so it is these that are looked at.
            Result result = ulp("trigger", "-p", "serv*", "-u", System.getProperty("user.name"),
                    directory + "/f*.so");
            for (int i = 0; i < 6; i++) {
                String line = "  server (pid: " + servers.get(i).pid() + "): ";
                assertThat(result.output()).contains(line + (i == 1
                        ? "SKIPPED Livepatching blocked by user request\n"
                        : "SUCCESS " + directory + "/fix.so\n"));
                assertThat(servers.get(i).says()).isEqualTo(i == 1 ? "1" : "2");
            }
            Result both = ulp("trigger", "-p", servers.get(0).pid(), directory + "/*.so");
            assertThatIt(both, 0, "    FAILED " + directory + "/fix.so: Patch already applied\n    FAILED "
                    + directory + "/unpacked.so: No metadata in .so\nulp: Processes patched: 0, Skipped: 1, Failed: 1.",
                    "");
            assertThatIt(ulp("trigger", "-p", servers.get(0).pid(), directory + "/unpacked.so"), 13,
                    "FAILED " + directory + "/unpacked.so: No metadata in .so", "");
        } finally {
            servers.forEach(DemoServer::close);
        }
    }

    @Test
    void absentProcessesAreNoSuccessForThoseWhoSpeakTheTruth() throws Exception {
        // No pid is that high: the kernel's limit is 2^22.
        assertThatIt(ulp("trigger", "-p", "99999999", fix.toString()), 0, "", "Error attaching to process");
        assertThatIt(Scripts.pulpo("trigger", "-p", "99999999", fix.toString()), 5, "", "Error attaching");
        assertThatIt(Scripts.pulpo("trigger", "-p", "no-such-name*", fix.toString()), 5, "", "");
    }
}
