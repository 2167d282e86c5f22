package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.ValueLayout;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Names that come out of files lead to regular files below the root, or to nothing. */
@Timeout(20)
class FileTreeTest {
    private static final long LARGEST = 1 << 20;

    @TempDir
    private Path directory;
    private FileTree tree;
    private Path root;

    @BeforeEach
    void fill() throws IOException {
        root = Files.createDirectories(directory.resolve("root"));
        Files.createDirectories(root.resolve("lib"));
        Files.writeString(root.resolve("lib/a.so"), "inside");
        Files.writeString(directory.resolve("a.so"), "outside");
        Tools.run(directory, "mkfifo", "root/lib/fifo");
        sparse(root.resolve("lib/sparse"), 1L << 40);
        tree = FileTree.below(root, LARGEST);
    }

    private static void sparse(Path file, long size) throws IOException {
        try (RandomAccessFile made = new RandomAccessFile(file.toFile(), "rw")) {
            made.setLength(size);
        }
    }

    @Test
    void namesStayBelowTheRoot() throws IOException {
        for (String name : new String[]{"/lib/a.so", "/../lib/a.so", "//lib/./x/../a.so", "lib/a.so",
                "/../../../../lib/a.so"}) {
            try (MappedFile file = tree.open(name).orElseThrow()) {
                assertThat(file.slice(0, file.size()).toArray(ValueLayout.JAVA_BYTE)).asString().as(name)
                        .isEqualTo("inside");
            }
        }
        assertThat(tree.open("/../a.so")).isEmpty();
        assertThat(FileTree.resolve("/usr/lib/debug", "../../../../.dwz/x")).isEqualTo("/.dwz/x");
        assertThat(FileTree.resolve("/usr/lib", "/etc/../etc/x")).isEqualTo("/etc/x");
        assertThat(FileTree.parent("/a")).isEqualTo("/");
        assertThat(FileTree.parent("/")).isEqualTo("/");
        assertThat(FileTree.parent("/a/b/../c")).isEqualTo("/a");
    }

    @Test
    void whatIsNoRegularFileOfSomeSizeIsNotThere() throws IOException {
        for (String name : new String[]{"/lib/fifo", "/lib", "/lib/sparse", "/lib/none", "/lib/a.so/x", "/", "",
                "/lib/a\0.so", "/" + "x".repeat(5000)}) {
            assertThat(tree.open(name)).as(name).isEmpty();
        }
        FileTree all = FileTree.ofThisProcess(LARGEST);
        for (String name : new String[]{"/dev/zero", "/dev/null", "/proc/kcore", "/dev/../dev/full"}) {
            assertThat(all.open(name)).as(name).isEmpty();
        }
    }

    @Test
    void filesThatTheUserNamesSayWhatTheyAre() {
        assertThatThrownBy(() -> ElfFile.open(root.resolve("lib/fifo"))).isInstanceOf(FileSystemException.class)
                .hasMessageContaining("lib/fifo").hasMessageContaining("is a FIFO");
        assertThatThrownBy(() -> ElfFile.open(root.resolve("lib"))).hasMessageContaining("is a directory");
        assertThatThrownBy(() -> ElfFile.open(Path.of("/dev/zero"))).hasMessageContaining("is a device");
        assertThatThrownBy(() -> ElfFile.open(root.resolve("lib/sparse"))).hasMessageContaining("is too large");
        assertThatThrownBy(() -> InputFile.read(root.resolve("lib/sparse"), 100)).hasMessageContaining("is too large");
        assertThatThrownBy(() -> InputFile.read(Path.of("/dev/zero"), 100)).hasMessageContaining("is a device");
    }

    @Test
    void debugLinksToWhatIsNoDebugFileAreIgnored() throws IOException {
        Path library = Tools.sample(directory, "lib.so", "-g");
        Tools.run(directory, "objcopy", "--only-keep-debug", "lib.so", "lib.so.debug");
        Tools.run(directory, "objcopy", "--strip-all", "--add-gnu-debuglink=lib.so.debug", "lib.so");
        DebugFiles files = DebugFiles.in(FileTree.below(directory, LARGEST), ReadLimits.PROCESS);
        Path debug = directory.resolve("lib.so.debug");
        try (ElfFile file = ElfFile.open(library)) {
            assertThat(files.find(file, "/lib.so")).isPresent();
            for (String hostile : new String[]{"/dev/zero", "/proc/kcore", "/etc/shadow", "/", "lib.so.debug"}) {
                Files.delete(debug);
                Files.createSymbolicLink(debug, Path.of(hostile));
                assertThat(files.find(file, "/lib.so")).as(hostile).isEmpty();
            }
            Files.delete(debug);
            sparse(debug, 1L << 40);
            assertThat(files.find(file, "/lib.so")).isEmpty();
            Files.delete(debug);
            Tools.run(directory, "mkfifo", "lib.so.debug");
            assertThat(files.find(file, "/lib.so")).isEmpty();
        }
    }
}
