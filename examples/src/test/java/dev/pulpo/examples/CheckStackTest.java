package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code trigger -c}: the patch comes into force when no thread is in the library, and not before. */
@Tag("slow")
class CheckStackTest {
    @TempDir
    static Path directory;

    private static Path packed() throws Exception {
        Path library = CrowdVictim.compiled(directory, "libroom.so", "room.c", "-shared", "-fPIC",
                "-fpatchable-function-entry=16,14", "-Wl,-soname,libroom.so");
        Path fix = CrowdVictim.compiled(directory, "room_fix.so", "room_fix.c", "-shared", "-fPIC");
        Path description = Files.writeString(directory.resolve("room.dsc"),
                fix + "\n@" + library + "\nanswer:new_answer\n");
        assertThat(Scripts.run("", "ulp", "packer", description.toString()).status()).isZero();
        return fix;
    }

    /** The program, and what is said to it. */
    private record Room(Process process, OutputStream input, BufferedReader output) implements AutoCloseable {
        static Room open(Path program) throws Exception {
            ProcessBuilder builder = new ProcessBuilder(program.toString());
            builder.environment().put("LD_PRELOAD", Scripts.pulpo("stub").output().strip());
            Process process = builder.start();
            Room room = new Room(process, process.getOutputStream(),
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8)));
            assertThat(room.output.readLine()).isEqualTo("ready");
            return room;
        }

        String ask(String question) throws IOException {
            input.write((question + "\n").getBytes(StandardCharsets.UTF_8));
            input.flush();
            return output.readLine();
        }

        /** Expects an exit status and a word of the summary, and then an answer of the program. */
        void trigger(String script, int status, String word, String answer, String... arguments) throws Exception {
            String[] all = new String[arguments.length + 4];
            System.arraycopy(arguments, 0, all, 4, arguments.length);
            all[0] = "trigger";
            all[1] = "--check-stack";
            all[2] = "-p";
            all[3] = Long.toString(process.pid());
            Result result = Scripts.run("", script, all);
            assertThat(result.output()).as(result.errors()).contains("room_main (pid: " + process.pid() + "): " + word);
            assertThat(result.status()).as(result.output()).isEqualTo(status);
            assertThat(ask("answer")).isEqualTo(answer);
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    @Test
    void succeedsWhereNoThreadIsInTheLibraryAndWhenTheLastHasLeft() throws Exception {
        String fix = packed().toString();
        Path program = CrowdVictim.compiled(directory, "room_main", "room_main.c", "-L" + directory, "-lroom",
                "-Wl,-rpath," + directory, "-pthread");
        try (Room room = Room.open(program)) {
            assertThat(room.ask("answer")).isEqualTo("1");
            room.trigger("ulp", 0, "SUCCESS " + fix, "2", fix);
            room.trigger("ulp", 0, "SUCCESS " + fix, "1", "--revert", fix);
            // The thread is in another function than the one that changes: without the option that would not matter.
            assertThat(room.ask("enter")).isEqualTo("in");
            room.trigger("ulp", 11, "FAILED " + fix + ": Resource temporarily unavailable: ", "1", "--timeout", "1",
                    fix);
            room.trigger("pulpo", 4, "FAILED " + fix, "1", "--timeout", "1", fix);
            assertThat(room.ask("leave")).isEqualTo("out");
            room.trigger("pulpo", 0, "SUCCESS " + fix, "2", fix);
            room.trigger("pulpo", 0, "SUCCESS " + fix, "1", "--revert", fix);
        }
    }
}
