package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.examples.Scripts.Result;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands over many processes, two of which are hostile: those have a line each that says why, and the third is served. */
@Tag("slow")
class HostileCrowdTest {
    private static final String ALL = "crowd-mem*";

    @TempDir
    static Path directory;
    static Path program;
    static Path fix;
    static Path hostile;
    static Path malformed;
    static String stub;

    @BeforeAll
    static void build() throws Exception {
        program = CrowdVictim.program(directory);
        fix = CrowdVictim.fix(directory, program);
        hostile = CrowdVictim.compiled(directory, "hostile", "hostile.c", "-ldl");
        malformed = withoutDynamicTable(fix, directory.resolve("malformed.so"));
        stub = Scripts.pulpo("stub").output().strip();
    }

    /** A copy whose PT_DYNAMIC lies behind the end of the file (gABI, "Program Header"). */
    private static Path withoutDynamicTable(Path file, Path copy) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bytes.getShort(0x38); i++) {
            int header = (int) bytes.getLong(0x20) + i * 0x38;
            if (bytes.getInt(header) == 2) {
                bytes.putLong(header + 8, 1L << 40);
            }
        }
        return Files.write(copy, bytes.array());
    }

    private static Process start(String... command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("LD_PRELOAD", stub);
        Process process = builder.start();
        assertThat(new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))
                .readLine()).isEqualTo("ready");
        return process;
    }

    @Test
    void hostileProcessesHaveALineEachAndTheOthersAreServed() throws Exception {
        List<Process> started = List.of(start(hostile.toString(), "state"),
                start(hostile.toString(), "code", malformed.toString()), start(program.toString(), "1"));
        try {
            long version = started.get(0).pid();
            long file = started.get(1).pid();

            Result listed = Scripts.pulpo("patches", "-p", ALL);
            assertThat(listed.status()).as(listed.errors()).isEqualTo(1);
            assertThat(listed.errors()).isEmpty();
            assertThat(listed.output()).contains("process " + version + " (crowd-member): the stub at ",
                    "process " + file + " (crowd-member): its file is malformed: " + malformed, ": no patches");
            assertThat(Scripts.pulpo("patches", "--json", "-p", ALL).output()).startsWith("{\"processes\":[{\"pid\":")
                    .contains("\"failure\":{\"outcome\":\"failed\",\"message\":\"process " + version,
                            "\"patches\":[]");

            Result inWordsOfUlp = Scripts.run("", "ulp", "patches", "-p", ALL);
            assertThat(inWordsOfUlp.status()).isEqualTo(1);
            assertThat(inWordsOfUlp.output()).contains(
                    "PID: " + version + ", name: crowd-member\n  Livepatching status: unknown: the stub at ",
                    "  Livepatching status: unknown: its file is malformed: ", "  Livepatching status: enabled");

            Result looked = Scripts.pulpo("preflight", "-p", ALL);
            assertThat(looked.status()).isEqualTo(3);
            assertThat(looked.output()).contains("process " + file + " (crowd-member): cannot be patched\n",
                    "its file is malformed: " + malformed, "): can be patched");

            Result triggered = Scripts.pulpo("trigger", "-p", ALL, fix.toString());
            assertThat(triggered.status()).isEqualTo(1);
            assertThat(triggered.output()).contains("  crowd-member (pid: " + version + "): FAILED ",
                    "  crowd-member (pid: " + file + "): FAILED ", "): SUCCESS " + fix)
                    .endsWith("ulp: Processes patched: 1, Skipped: 0, Failed: 2.\n");
            assertThat(triggered.output() + triggered.errors()).doesNotContain("\tat ");
        } finally {
            started.forEach(Process::destroyForcibly);
        }
    }
}
