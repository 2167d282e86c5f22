package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A command that a signal ends leaves nothing half done, and {@code run} is the program. */
class SignalTest {
    @TempDir
    Path directory;

    /** The command line as a process of its own, on the classes that are being tested. */
    private static ProcessBuilder pulpo(String... arguments) {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-cp",
                System.getProperty("java.class.path"), "dev.pulpo.examples.cli.Pulpo"));
        command.addAll(List.of(arguments));
        return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD);
    }

    private void compile(String name, String source, String... options) throws Exception {
        Path file = Files.writeString(directory.resolve(name + ".c"), source);
        List<String> command = new ArrayList<>(List.of("gcc", "-O2", "-g", "-o", directory.resolve(name).toString(),
                file.toString()));
        command.addAll(List.of(options));
        Process gcc = new ProcessBuilder(command).redirectErrorStream(true).start();
        String log = new String(gcc.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(gcc.waitFor()).as(log).isZero();
    }

    private static void signal(long pid, String name) throws Exception {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor()).isZero();
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130"})
    void blockedApplyIsUndone(String signal, int status) throws Exception {
        compile("inside", """
                #include <unistd.h>
                __attribute__((noinline)) int answer(void) { write(1, "in\\n", 3); for (;;) pause(); return 1; }
                int main(void) { return answer(); }
                """, "-Wl,--build-id", "-rdynamic");
        compile("fix.so", "int answer2(void) { return 2; }", "-shared", "-fPIC");
        Process target = new ProcessBuilder(directory.resolve("inside").toString()).start();
        try (BufferedReader said = target.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo("in");
            Process apply = pulpo("apply", "-p", Long.toString(target.pid()), "--timeout", "200s", "--target", "exe",
                    "--replace", "answer=answer2", directory.resolve("fix.so").toString()).start();
            try {
                while (!maps(target.pid()).contains("fix.so")) {
                    assertThat(apply.isAlive()).isTrue();
                    Thread.onSpinWait();
                }
                signal(apply.pid(), signal);
                assertThat(apply.waitFor(2, TimeUnit.MINUTES)).isTrue();
                assertThat(apply.exitValue()).isEqualTo(status);
            } finally {
                apply.destroyForcibly().waitFor();
            }
            assertThat(maps(target.pid())).doesNotContain("fix.so");
            assertThat(target.isAlive()).isTrue();
        } finally {
            target.destroyForcibly().waitFor();
        }
    }

    @Tag("slow")
    @ParameterizedTest
    @CsvSource({"TERM, 143", "INT, 130", "HUP, 129"})
    void probeIsTakenBack(String signal, int status) throws Exception {
        compile("counted", """
                #include <stdio.h>
                #include <unistd.h>
                __attribute__((noinline)) int answer(void) { __asm__ volatile(""); return 1; }
                int main(void) { for (;;) { usleep(1000); if (answer() != 1) { puts("other"); fflush(stdout); } } }
                """, "-Wl,--build-id", "-rdynamic");
        Process target = new ProcessBuilder(directory.resolve("counted").toString()).start();
        try (BufferedReader said = target.inputReader(StandardCharsets.UTF_8)) {
            Process probe = pulpo("probe", "return", "-p", Long.toString(target.pid()), "answer", "2").start();
            try {
                assertThat(said.readLine()).isEqualTo("other");
                signal(probe.pid(), signal);
                assertThat(probe.waitFor(2, TimeUnit.MINUTES)).isTrue();
                assertThat(probe.exitValue()).isEqualTo(status);
            } finally {
                probe.destroyForcibly().waitFor();
            }
            assertThat(maps(target.pid())).doesNotContain("probe-");
            assertThat(target.isAlive()).isTrue();
        } finally {
            target.destroyForcibly().waitFor();
        }
    }

    private static String maps(long pid) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/maps"), StandardCharsets.ISO_8859_1);
    }

    @Tag("slow")
    @Test
    void runIsTheProgram() throws Exception {
        Process run = pulpo("run", "--", "sh", "-c",
                "trap 'echo hup' HUP; trap 'exit 7' TERM; echo $$; while :; do sleep 0.05; done").start();
        try (BufferedReader said = run.inputReader(StandardCharsets.UTF_8)) {
            assertThat(said.readLine()).isEqualTo(Long.toString(run.pid()));
            assertThat(maps(run.pid())).contains("libpulpo.so");
            signal(run.pid(), "HUP");
            assertThat(said.readLine()).isEqualTo("hup");
            signal(run.pid(), "TERM");
            assertThat(run.waitFor()).isEqualTo(7);
        } finally {
            run.destroyForcibly().waitFor();
        }
    }

    @Tag("slow")
    @Test
    void runtimeOfASanitizerStaysFirst() throws Exception {
        compile("checked", "#include <stdio.h>\nint main(void) { puts(\"runs\"); return 0; }\n", "-fsanitize=address");
        for (List<String> program : List.of(List.of(directory.resolve("checked").toString()),
                List.of("sh", "-c", directory.resolve("checked").toString()))) {
            List<String> arguments = new ArrayList<>(List.of("run", "--"));
            arguments.addAll(program);
            Process run = pulpo(arguments.toArray(String[]::new)).start();
            assertThat(new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("runs\n");
            assertThat(run.waitFor()).isZero();
        }
    }
}
