package dev.pulpo.x86;

import static org.assertj.core.api.Assertions.assertThat;

import dev.pulpo.x86.Recognition.Detoured;
import dev.pulpo.x86.Recognition.Untouched;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What gcc prepares is what is recognised, and what is written is what objdump reads. */
class PreparedByTheCompilerTest {
    private static final CodeAddress ENTRY = new CodeAddress(14);

    @TempDir
    private Path directory;

    @ParameterizedTest
    @CsvSource({"none, false, 0x4000", "full, true, 0x4000", "none, false, 0x7f1234567890",
            "full, true, 0x7f1234567890"})
    void theDetourIsWhatObjdumpReads(String protection, boolean endbr64, long target) throws Exception {
        Memory memory = new Memory(CodeBytes.at(new CodeAddress(0), compile(protection)));
        PreparedDetour detour = new PreparedDetour(ENTRY, endbr64);
        assertThat(Detour.recognise(memory.bytes(), ENTRY)).isEqualTo(new Untouched(detour));

        CodeAddress replacement = new CodeAddress(target);
        memory.write(detour.paddingTo(replacement));
        memory.write(detour.flip());
        assertThat(Detour.recognise(memory.bytes(), ENTRY))
                .isEqualTo(new Detoured(detour, detour.jumpTo(replacement)));

        // Read from both places, because the eight bytes of an absolute target are no instructions.
        assertThat(disassemble(memory.bytes(), detour.padding()))
                .startsWith(target == 0x4000 ? "0: jmp 0x4000" : "0: jmp *0x0(%rip) # 0x6");
        assertThat(disassemble(memory.bytes(), ENTRY)).startsWith(
                endbr64 ? new String[]{"e: endbr64", "12: jmp 0x0"} : new String[]{"e: jmp 0x0"});
    }

    private byte[] compile(String protection) throws IOException, InterruptedException {
        Path source = Files.writeString(directory.resolve("prepared.c"), "int f(int a) { return a + 1; }\n");
        Path object = directory.resolve("prepared.o");
        Path text = directory.resolve("prepared.text");
        Command.run("gcc", "-O2", "-fpatchable-function-entry=16,14", "-fcf-protection=" + protection, "-c", "-o",
                object.toString(), source.toString());
        Command.run("objcopy", "-O", "binary", "--only-section=.text", object.toString(), text.toString());
        return Files.readAllBytes(text);
    }

    private List<String> disassemble(CodeBytes code, CodeAddress from) throws IOException, InterruptedException {
        Path raw = Files.write(directory.resolve("raw"), code.toByteArray());
        Pattern line = Pattern.compile("^ *([0-9a-f]+):\t[^\t]*\t(.*)$");
        return Command.run("objdump", "-D", "-b", "binary", "-mi386:x86-64", "--start-address=" + from,
                raw.toString()).lines()
                .map(line::matcher).filter(m -> m.matches())
                .map(m -> (m.group(1) + ": " + m.group(2)).replaceAll(" +", " ").strip()).toList();
    }
}
