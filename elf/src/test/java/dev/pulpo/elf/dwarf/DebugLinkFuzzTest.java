package dev.pulpo.elf.dwarf;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfEditor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.FileTree;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.MappedFile;
import dev.pulpo.elf.ReadLimits;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/**
 * An object that names files with debug information, in a tree where each name leads to a hostile file. In a normal build, runs
 * over the seeds in {@code src/test/resources/dev/pulpo/elf/dwarf/DebugLinkFuzzTestInputs}; see {@code elf/FUZZING.md}. An input
 * is a byte that chooses the section, the length of its content (u16, big-endian), the content, and the file that is found.
 */
class DebugLinkFuzzTest {
    private static final String[] SECTIONS = {".gnu_debuglink", ".gnu_debugaltlink", ".debug_sup"};
    private static final int HEADER = 3;

    @FuzzTest(maxDuration = "10m")
    void links(byte[] bytes) throws IOException {
        if (bytes.length < HEADER) {
            return;
        }
        int length = Math.min((bytes[1] & 0xff) << 8 | bytes[2] & 0xff, bytes.length - HEADER);
        String section = SECTIONS[(bytes[0] & 0xff) % SECTIONS.length];
        byte[] link = Arrays.copyOfRange(bytes, HEADER, HEADER + length);
        byte[] found = Arrays.copyOfRange(bytes, HEADER + length, bytes.length);
        Path file = Files.createTempFile("linked", ".debug");
        try {
            Files.write(file, found);
            look(object(section, link), file);
        } finally {
            Files.delete(file);
        }
    }

    private static byte[] object(String section, byte[] content) {
        byte[] seed;
        try (InputStream resource = DebugLinkFuzzTest.class
                .getResourceAsStream("/dev/pulpo/elf/dwarf/DebugFuzzTestInputs/everything/dwarf-5")) {
            seed = resource.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        ElfEditor editor = ElfEditor.of(ElfFile.of(ByteSource.of(seed), "seed"));
        // An object that has debug information of its own is not looked up.
        return (section.equals(".gnu_debuglink") ? editor.remove(".debug_info") : editor).put(section, content)
                .toBytes();
    }

    private static void look(byte[] object, Path file) throws IOException {
        FileTree tree = name -> {
            assertThat(name).startsWith("/").isEqualTo(FileTree.normal(name));
            try (FileChannel channel = FileChannel.open(file)) {
                return Optional.of(MappedFile.of(channel, name));
            }
        };
        try (ElfFile elf = ElfFile.of(ByteSource.of(object), "fuzzed", ReadLimits.PROCESS);
                DebugInfo info = DebugInfo.open(elf, "/usr/lib/fuzzed.so", DebugFiles.in(tree, ReadLimits.PROCESS))) {
            new DebugWalker().walk(info);
        } catch (MalformedElfException malformed) {
            assertThat(malformed.getMessage()).isNotBlank();
        }
    }
}
