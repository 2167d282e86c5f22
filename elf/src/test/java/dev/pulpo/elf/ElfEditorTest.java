package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ElfEditorTest {
    private static final byte[] DATA = "some metadata".getBytes(StandardCharsets.UTF_8);

    @TempDir
    private Path directory;

    private Path library;
    private Path edited;

    @BeforeEach
    void build() throws IOException {
        library = Tools.sample(directory, "a.so", "-g");
        edited = directory.resolve("edited.so");
        // Loads the library, whose import it defines.
        Tools.gcc(directory, "loader", "loader.c", "-rdynamic", "-ldl");
    }

    private String call(Path path, String function) throws IOException {
        return Tools.run(directory, "./loader", path.toString(), function).strip();
    }

    private static byte[] data(ElfFile file, String section) {
        ByteCursor cursor = file.data(file.section(section).orElseThrow());
        return cursor.bytes(cursor.remaining()).toArray(ValueLayout.JAVA_BYTE);
    }

    private void edit(Path from, Path to, java.util.function.UnaryOperator<ElfEditor> changes) throws IOException {
        try (ElfFile file = ElfFile.open(from)) {
            changes.apply(ElfEditor.of(file)).write(to);
        }
    }

    @Test
    void addedSectionsAreThereAndNothingElseHasChanged() throws IOException {
        edit(library, edited, editor -> editor.put(".ulp", DATA).put(".ulp.rev", SectionType.PROGBITS, 16, DATA));
        try (ElfFile before = ElfFile.open(library); ElfFile after = ElfFile.open(edited)) {
            assertThat(data(after, ".ulp")).isEqualTo(DATA);
            assertThat(data(after, ".ulp.rev")).isEqualTo(DATA);
            assertThat(after.section(".ulp.rev").orElseThrow().offset().value() % 16).isZero();
            assertThat(after.header().sectionHeaders().value() % 8).isZero();
            assertThat(after.sections()).hasSize(before.sections().size() + 2);
            long kept = before.section(".shstrtab").orElseThrow().offset().value();
            byte[] old = Files.readAllBytes(library);
            byte[] now = Files.readAllBytes(edited);
            Arrays.fill(old, 40, 64, (byte) 0);
            Arrays.fill(now, 40, 64, (byte) 0);
            assertThat(Arrays.copyOf(now, (int) kept)).isEqualTo(Arrays.copyOf(old, (int) kept));
        }
        assertThat(readelfWithout(edited, ".ulp")).isEqualTo(readelfWithout(library, ".ulp"));
        assertThat(call(edited, "versioned")).isEqualTo(call(library, "versioned")).isEqualTo("7");
    }

    /** All of {@code readelf -a}, but for our sections and for where the headers and names are. */
    private String readelfWithout(Path path, String ours) throws IOException {
        Stream<String> lines = Tools.run(directory, "readelf", "-W", "-a", path.toString()).lines();
        return String.join("\n",
                lines.filter(line -> !line.contains("] " + ours) && !line.contains(".shstrtab")
                        && !line.contains("section headers") && !line.contains("header string table")).toList());
    }

    @Tag("slow")
    @Test
    void librariesOfTheMachineToo() throws IOException {
        List<Path> all = MachineLibraries.all();
        int compared = 0;
        for (int i = 0; i < all.size(); i += 1 + all.size() / 40) {
            Path original = all.get(i);
            if (Files.size(original) < 2_000_000) {
                edit(original, edited, editor -> editor.put(".ulp", DATA).weaken(symbol -> false));
                assertThat(readelfWithout(edited, ".ulp")).as("%s", original)
                        .isEqualTo(readelfWithout(original, ".ulp"));
                compared++;
            }
        }
        assertThat(compared).isPositive();
    }

    @Test
    void readelfHasNoWarnings() throws IOException {
        edit(library, edited, editor -> editor.put(".ulp", DATA).remove(".comment"));
        assertThat(Tools.run(directory, "readelf", "-W", "-a", "--lint", edited.toString()))
                .doesNotContain("arning").doesNotContain("rror").contains(".ulp");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--strip-unneeded", "--strip-all", "--strip-debug"})
    void stripWorksOnTheResult(String how) throws IOException {
        edit(library, edited, editor -> editor.put(".ulp", DATA).remove(".comment"));
        assertThat(Tools.run(directory, "strip", how, edited.toString())).isEmpty();
        assertThat(call(edited, "versioned")).isEqualTo("7");
        try (ElfFile stripped = ElfFile.open(edited)) {
            assertThat(data(stripped, ".ulp")).isEqualTo(DATA);
            assertThat(stripped.section(".comment")).isEmpty();
        }
    }

    @Test
    void objcopyReadsWhatWeWriteAndWeReadWhatItWrites() throws IOException {
        edit(library, edited, editor -> editor.put(".ulp", DATA));
        Tools.run(directory, "objcopy", "--dump-section", ".ulp=dumped", edited.toString(), "/dev/null");
        assertThat(Files.readAllBytes(directory.resolve("dumped"))).isEqualTo(DATA);
        Tools.run(directory, "objcopy", "--add-section", ".more=dumped", edited.toString());
        edit(edited, edited, editor -> editor.remove(".ulp"));
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(data(file, ".more")).isEqualTo(DATA);
            assertThat(file.section(".ulp")).isEmpty();
        }
        assertThat(call(edited, "versioned")).isEqualTo("7");
    }

    @Test
    void replacingAndRemovingDoesNotMakeTheFileGrow() throws IOException {
        edit(library, edited, editor -> editor.put(".ulp", DATA).put(".ulp.rev", DATA));
        long size = Files.size(edited);
        for (int i = 0; i < 5; i++) {
            edit(edited, edited, editor -> editor.put(".ulp.rev", DATA).put(".ulp", DATA));
        }
        assertThat(Files.size(edited)).isEqualTo(size);
        int count;
        try (ElfFile file = ElfFile.open(library)) {
            count = file.sections().size();
        }
        edit(edited, edited, editor -> editor.remove(".ulp").remove(".ulp.rev").remove(".none"));
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(file.sections()).hasSize(count);
        }
        assertThat(readelfWithout(edited, ".ulp")).isEqualTo(readelfWithout(library, ".ulp"));
    }

    @Test
    void removedInTheMiddleNoOtherSectionChangesItsNumber() throws IOException {
        edit(library, edited, editor -> editor.remove(".comment"));
        try (ElfFile before = ElfFile.open(library); ElfFile after = ElfFile.open(edited)) {
            int number = before.section(".comment").orElseThrow().index();
            assertThat(after.sections().get(number).type()).isEqualTo(SectionType.NULL);
            assertThat(after.section(".symtab").map(Section::index))
                    .isEqualTo(before.section(".symtab").map(Section::index));
            assertThat(after.symbols().stream().map(ElfSymbol::name).toList())
                    .isEqualTo(before.symbols().stream().map(ElfSymbol::name).toList());
        }
        assertThat(call(edited, "versioned")).isEqualTo("7");
    }

    @Test
    void whatCannotGoIsRefused() throws IOException {
        try (ElfFile file = ElfFile.open(library)) {
            ElfEditor editor = ElfEditor.of(file);
            assertThatIllegalArgumentException().isThrownBy(() -> editor.put(".text", DATA)).withMessageContaining(
                    "is loaded");
            assertThatIllegalArgumentException().isThrownBy(() -> editor.remove(".dynsym"));
            assertThatIllegalArgumentException().isThrownBy(() -> editor.remove(".shstrtab"));
            assertThatIllegalArgumentException().isThrownBy(() -> editor.remove(".strtab")).withMessageContaining(
                    "needed by section .symtab");
            assertThatIllegalArgumentException().isThrownBy(() -> editor.put("", DATA));
            assertThatIllegalArgumentException().isThrownBy(() -> editor.put("x", SectionType.NOTE, 3, DATA));
            assertThatIllegalArgumentException().isThrownBy(() -> editor.put("x", SectionType.NOBITS, 1, DATA));
            editor.remove(".symtab").remove(".strtab").write(edited);
        }
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(file.symbols().size()).isZero();
        }
        assertThat(call(edited, "versioned")).isEqualTo("7");
    }

    @Test
    void weakImportsDoNotKeepALibraryFromLoading() throws IOException {
        Path lonely = Tools.sample(directory, "lonely.so", "-Dneeded_elsewhere=nowhere_at_all");
        assertThatExceptionOfType(IOException.class).isThrownBy(() -> call(lonely, "versioned"))
                .withMessageContaining("nowhere_at_all");
        edit(lonely, edited, editor -> editor.weaken(symbol -> symbol.name().equals("nowhere_at_all")));
        assertThat(call(edited, "versioned")).isEqualTo("7");
        byte[] before = Files.readAllBytes(lonely);
        byte[] after = Files.readAllBytes(edited);
        assertThat(Arrays.mismatch(before, after)).isPositive();
        int at = Arrays.mismatch(before, after);
        assertThat(after[at]).isEqualTo((byte) (before[at] + 0x10));
        after[at] = before[at];
        assertThat(after).isEqualTo(before);
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(file.dynamicSymbols().stream().filter(s -> s.name().equals("nowhere_at_all"))
                    .map(ElfSymbol::binding)).containsExactly(SymbolBinding.WEAK);
        }
    }

    @Test
    void aFileWithoutSectionHeadersGetsThem() throws IOException {
        byte[] bytes = Files.readAllBytes(library);
        java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(40, 0).putShort(58, (short) 0)
                .putShort(60, (short) 0).putShort(62, (short) 0);
        Files.write(edited, ElfEditor.of(ElfFile.of(ByteSource.of(bytes), "bare")).put(".ulp", DATA).toBytes());
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(file.sections()).extracting(Section::name).containsExactly("", ".ulp", ".shstrtab");
            assertThat(data(file, ".ulp")).isEqualTo(DATA);
        }
        assertThat(call(edited, "versioned")).isEqualTo("7");
        assertThat(Tools.run(directory, "readelf", "-W", "-S", edited.toString())).contains(".ulp").doesNotContain(
                "arning");
    }

    @Test
    void relocatableObjectsStillLink() throws IOException {
        Path object = Tools.gcc(directory, "o.o", "sample.c", "-c", "-fPIC");
        edit(object, object, editor -> editor.put(".ulp", DATA));
        Tools.run(directory, "gcc", "-shared", "-nostdlib", "-o", "linked.so", "o.o");
        try (ElfFile file = ElfFile.open(directory.resolve("linked.so"))) {
            assertThat(data(file, ".ulp")).isEqualTo(DATA);
        }
    }

    @Test
    void moreSectionsThanTheHeaderCanCount() throws IOException {
        try (ElfFile file = ElfFile.open(library)) {
            ElfEditor editor = ElfEditor.of(file);
            for (int i = 0; i < 66_000; i++) {
                editor.put(".s", SectionType.PROGBITS, 1, DATA);
                editor.put(".many." + i, SectionType.PROGBITS, 1, new byte[]{(byte) i});
            }
            Files.write(edited, editor.toBytes());
        }
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(file.sections()).hasSizeGreaterThan(66_000);
            assertThat(data(file, ".many.65999")).containsExactly((byte) 65999);
        }
        assertThat(Tools.run(directory, "readelf", "-W", "-S", edited.toString())).contains(".many.65999")
                .doesNotContain("arning");
        assertThat(call(edited, "versioned")).isEqualTo("7");
    }

    /** A device that is replaced is gone; root may do that to /dev/null. */
    @Test
    void onlyRegularFilesAreReplaced() throws Exception {
        Path fifo = directory.resolve("fifo");
        Tools.run(directory, "mkfifo", fifo.toString());
        assertThatExceptionOfType(FileSystemException.class)
                .isThrownBy(() -> edit(library, fifo, editor -> editor.put(".ulp", DATA)))
                .withMessageContaining(fifo + ": no regular file");
        assertThat(Files.isRegularFile(fifo)).isFalse();
    }

    /** Who may write to /tmp decides otherwise over what a file of another user is replaced with. */
    @Test
    void linksOfOthersInAStickyDirectoryAreNotFollowed() throws IOException {
        Assumptions.assumeTrue(Files.getAttribute(directory, "unix:uid").equals(0), "only root can give a link away");
        Path sticky = Files.createDirectory(directory.resolve("sticky"));
        Files.setAttribute(sticky, "unix:mode", 01777);
        Path victim = Files.writeString(directory.resolve("victim"), "as it was");
        Path link = Files.createSymbolicLink(sticky.resolve("link.so"), victim);
        Files.setAttribute(link, "unix:uid", 65534, LinkOption.NOFOLLOW_LINKS);
        Path way = Files.createSymbolicLink(directory.resolve("way.so"), link);
        for (Path output : List.of(link, way)) {
            assertThatExceptionOfType(FileSystemException.class)
                    .isThrownBy(() -> edit(library, output, editor -> editor.put(".ulp", DATA)))
                    .withMessageContaining("user 65534");
        }
        assertThat(victim).hasContent("as it was");
        Files.setAttribute(link, "unix:uid", 0, LinkOption.NOFOLLOW_LINKS);
        edit(library, link, editor -> editor.put(".ulp", DATA));
        assertThat(Files.size(victim)).isGreaterThan(100);
    }

    @Test
    void writingIsAtomicAndKeepsPermissions() throws IOException {
        Files.setPosixFilePermissions(library, PosixFilePermissions.fromString("rwxr-x---"));
        edit(library, edited, editor -> editor.put(".ulp", DATA));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(edited))).isEqualTo("rwxr-x---");
        Path link = Files.createSymbolicLink(directory.resolve("link.so"), edited);
        Files.setPosixFilePermissions(edited, PosixFilePermissions.fromString("r--r--r--"));
        try (ElfFile open = ElfFile.open(link)) {
            edit(link, link, editor -> editor.put(".ulp", new byte[]{1}));
            assertThat(data(open, ".ulp")).as("what was open stays").isEqualTo(DATA);
        }
        assertThat(link).isSymbolicLink();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(edited))).isEqualTo("r--r--r--");
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(data(file, ".ulp")).containsExactly(1);
            Path full = Files.createDirectory(directory.resolve("full"));
            Files.createDirectory(full.resolve("target"));
            Files.createFile(full.resolve("target/file"));
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> ElfEditor.of(file).put(".ulp", DATA).write(full.resolve("target")));
            try (Stream<Path> left = Files.list(full)) {
                assertThat(left.map(path -> path.getFileName().toString())).containsExactly("target");
            }
        }
    }

    @Tag("slow")
    @Test
    void malformedFilesAreRefusedAndNotWorsened() throws IOException {
        byte[] original = Files.readAllBytes(library);
        Random random = new Random(3);
        int written = 0;
        for (int i = 0; i < 3000; i++) {
            byte[] mutated = original.clone();
            for (int j = 0; j < 4; j++) {
                int tail = original.length - 0xb00;
                mutated[random.nextBoolean() ? random.nextInt(0x600) : tail + random.nextInt(0xb00)] = (byte) random
                        .nextInt();
            }
            try {
                ElfFile file = ElfFile.of(ByteSource.of(mutated), "mutated");
                byte[] result = ElfEditor.of(file).put(".ulp", DATA).weaken(symbol -> true).toBytes();
                assertThat(data(ElfFile.of(ByteSource.of(result), "result"), ".ulp")).isEqualTo(DATA);
                written++;
            } catch (MalformedElfException malformed) {
                assertThat(malformed.source()).isEqualTo("mutated");
            }
        }
        assertThat(List.of(written)).allMatch(count -> count > 300 && count < 3000);
    }

    @Test
    void whatReplacesACompressedSectionIsNotCompressed() throws IOException {
        Path compressed = Tools.sample(directory, "z.so", "-g", "-Wl,--compress-debug-sections=zlib");
        edit(compressed, edited, editor -> editor.put(".debug_str", DATA).put(".debug_str", DATA));
        try (ElfFile file = ElfFile.open(edited)) {
            assertThat(file.section(".debug_str").orElseThrow().isCompressed()).isFalse();
            assertThat(data(file, ".debug_str")).isEqualTo(DATA);
            assertThat(file.section(".debug_info").orElseThrow().isCompressed()).isTrue();
        }
    }

    @Test
    void aMemoryImageCannotBeEdited() throws IOException {
        ElfFile image = ElfFile.ofImage(ByteSource.of(Files.readAllBytes(library)), "image", new LinkAddress(0), 0);
        assertThatIllegalArgumentException().isThrownBy(() -> ElfEditor.of(image));
    }
}
