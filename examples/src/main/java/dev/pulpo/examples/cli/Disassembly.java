package dev.pulpo.examples.cli;

import dev.pulpo.engine.FunctionVersions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Instructions in words, by objdump(1) where it is installed. It gets the bytes of the instructions and never the file, which
 * may be anybody's.
 */
final class Disassembly {
    private static final Pattern LINE = Pattern.compile("\\s*([0-9a-f]+):\\s+(.*)");
    /** One byte that is an instruction of its own, for what is left out between those that are shown. */
    private static final byte PADDING = (byte) 0xcc;
    private static final int LARGEST = 16 << 20;
    private static final int SECONDS = 30;

    private Disassembly() {}

    /**
     * The words for instructions by their addresses; empty where objdump is not installed or fails.
     *
     * @param instructions of one function
     */
    static Map<Long, String> of(List<FunctionVersions.Instruction> instructions) {
        Map<Long, String> words = new HashMap<>();
        long start = instructions.stream().mapToLong(each -> each.address().value()).min().orElse(0);
        long end = instructions.stream().mapToLong(each -> each.address().value() + each.bytes().length() / 2).max()
                .orElse(0);
        if (instructions.isEmpty() || end - start > LARGEST) {
            return words;
        }
        byte[] code = new byte[(int) (end - start)];
        Arrays.fill(code, PADDING);
        instructions.forEach(each -> {
            byte[] bytes = HexFormat.of().parseHex(each.bytes());
            System.arraycopy(bytes, 0, code, (int) (each.address().value() - start), bytes.length);
        });
        try {
            Path file = Files.createTempFile("pulpo-explain", ".bin");
            Path output = Files.createTempFile("pulpo-explain", ".txt");
            try {
                Files.write(file, code);
                run(file, output, start);
                for (String line : Files.readAllLines(output, StandardCharsets.ISO_8859_1)) {
                    Matcher found = LINE.matcher(line);
                    if (found.matches()) {
                        words.put(Long.parseUnsignedLong(found.group(1), 16),
                                found.group(2).strip().replaceAll("\\s+", " ").replaceAll(" *#.*", ""));
                    }
                }
            } finally {
                Files.delete(file);
                Files.delete(output);
            }
        } catch (IOException notInstalled) {
            // The bytes are shown instead.
            words.clear();
        }
        return words;
    }

    private static void run(Path file, Path output, long start) throws IOException {
        Process process = new ProcessBuilder("objdump", "-D", "-w", "-b", "binary", "-m", "i386:x86-64",
                "--no-show-raw-insn", "--adjust-vma=0x" + Long.toHexString(start), file.toString())
                .redirectOutput(output.toFile()).redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile())).start();
        try {
            if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
