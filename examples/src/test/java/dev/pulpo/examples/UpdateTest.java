package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.pulpo.examples.Scripts.Result;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code pulpo outdated} and {@code pulpo update}: which processes they name, what they change, and their exit status. */
@Tag("slow")
class UpdateTest {
    private static final String LIBRARY = """
            __attribute__((noinline)) int answer(int a)
            {
                return a + VERSION;
            }
            #if VERSION == 3
            __attribute__((noinline)) int other(const char *text)
            #else
            __attribute__((noinline)) int other(int text)
            #endif
            {
                return *(text ? "a" : "b") + VERSION;
            }
            """;
    private static final String PROGRAM = """
            #include <stdio.h>
            int answer(int a);
            int main(void)
            {
                while (getchar() != EOF) {
                    printf("%d\\n", answer(40));
                    fflush(stdout);
                }
                return 0;
            }
            """;

    @TempDir
    static Path directory;

    @BeforeAll
    static void asRoot() throws Exception {
        assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(directory.resolve("library.c"), LIBRARY);
        Files.writeString(directory.resolve("program.c"), PROGRAM);
    }

    private static void gcc(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-g", "-Wl,--build-id=sha1"));
        command.addAll(List.of(arguments));
        Result result = Scripts.command(command.toArray(String[]::new));
        assertThat(result.status()).as(result.errors()).isZero();
    }

    private static Path library(Path file, int version) throws Exception {
        gcc("-shared", "-fPIC", "-DVERSION=" + version, "-DPLACE=" + file.resolveSibling(".").normalize().hashCode(),
                "-o",
                file.toString(), directory.resolve("library.c").toString());
        return file;
    }

    private static void upgrade(Path installed, int version) throws Exception {
        Files.move(library(installed.resolveSibling("new.so"), version), installed, StandardCopyOption.ATOMIC_MOVE);
    }

    /** A process that answers; ends with the test. */
    private record Server(Process process) implements AutoCloseable {
        static Server of(Path place, String... before) throws Exception {
            gcc("-o", place.resolve("server").toString(), directory.resolve("program.c").toString(),
                    place.resolve("libanswered.so").toString(), "-Wl,-rpath," + place);
            List<String> command = new ArrayList<>(List.of(before));
            command.add(place.resolve("server").toString());
            Server server = new Server(new ProcessBuilder(command).start());
            server.ask();
            return server;
        }

        String pid() {
            return Long.toString(process.pid());
        }

        String ask() throws IOException {
            process.getOutputStream().write('?');
            process.getOutputStream().flush();
            return process.inputReader(StandardCharsets.UTF_8).readLine();
        }

        @Override
        public void close() {
            process.destroyForcibly().onExit().join();
        }
    }

    @Test
    void processThatCannotBeUpdatedStandsBesideOneThatCan() throws Exception {
        Path one = Files.createDirectory(directory.resolve("one"));
        Path two = Files.createDirectory(directory.resolve("two"));
        Path first = library(one.resolve("libanswered.so"), 1);
        Path second = library(two.resolve("libanswered.so"), 1);
        try (Server can = Server.of(one); Server cannot = Server.of(two)) {
            assertThat(can.ask()).isEqualTo("41");
            assertThat(Scripts.pulpo("outdated", "-p", can.pid() + "," + cannot.pid()).status()).isZero();
            upgrade(first, 2);
            upgrade(second, 3);
            Result outdated = Scripts.pulpo("outdated", "-p", can.pid() + "," + cannot.pid());
            assertThat(outdated.status()).isEqualTo(1);
            assertThat(outdated.output()).contains("process " + can.pid() + " (server): outdated, can be updated",
                    "process " + cannot.pid() + " (server): outdated\n", "no live update: signature",
                    "outdated: 2 of 2 processes");
            assertThat(Scripts.pulpo("outdated", "--brief").output()).contains(first.toString(), second.toString());
            Result update = Scripts.pulpo("update", "-p", can.pid() + "," + cannot.pid(), "--json");
            assertThat(update.status()).as(update.output()).isEqualTo(3);
            assertThat(update.output()).contains("\"outcome\":\"updated\"", "\"outcome\":\"refused\"",
                    "\"upToDate\":1,\"notUpdated\":1");
            assertThat(can.ask()).isEqualTo("42");
            assertThat(cannot.ask()).isEqualTo("41");
            assertThat(Scripts.pulpo("patches", "-p", cannot.pid()).output()).contains("no patches");
            Result again = Scripts.pulpo("update", "-p", can.pid());
            assertThat(again.status()).isZero();
            assertThat(again.output()).contains("updated live").doesNotContain("applied ");
        }
        assertThat(Scripts.pulpo("update", "-p", "999999999").status()).isEqualTo(5);
        assertThat(Scripts.pulpo("update").status()).isEqualTo(2);
    }

    /** A user chooses the names of his files; they are data, and his process is updated like any other. */
    @Test
    void hostileNamesAreShownAsData() throws Exception {
        String odd = "evil\u001b[2J\nprocess 1 (init): up to date\u202e * [a]";
        Path place = Files.createDirectory(directory.resolve(odd));
        Path installed = library(place.resolve("libanswered.so"), 1);
        try (Server server = Server.of(place, "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")) {
            upgrade(installed, 2);
            for (String command : List.of("outdated", "update")) {
                Result result = Scripts.pulpo(command, "-p", server.pid());
                assertThat(result.output() + result.errors()).contains("evil\\x1b[2J\\x0aprocess 1 (init)")
                        .doesNotContain("\nprocess 1 (init)").doesNotContainPattern("[\u001b\u202e]");
            }
            assertThat(server.ask()).isEqualTo("42");
        }
    }
}
