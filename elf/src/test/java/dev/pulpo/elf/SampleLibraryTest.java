package dev.pulpo.elf;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A library that gcc has just built, of which the test knows what is in it. */
class SampleLibraryTest {
    @TempDir
    private Path directory;

    @Test
    void versionsAndBindings() throws IOException {
        try (ElfFile file = ElfFile.open(Tools.sample(directory, "a.so"))) {
            SymbolTable table = file.dynamicSymbols();
            assertThat(table.find("versioned").orElseThrow().versionedName()).isEqualTo("versioned@@SAMPLE_2");
            assertThat(table.find("versioned", "SAMPLE_1").orElseThrow().versionedName())
                    .isEqualTo("versioned@SAMPLE_1");
            assertThat(table.findAll("versioned")).extracting(ElfSymbol::versionedName)
                    .containsExactlyInAnyOrder("versioned@@SAMPLE_2", "versioned@SAMPLE_1");
            assertThat(table.find("versioned", "SAMPLE_3")).isEmpty();
            assertThat(table.find("outside")).isEmpty();
            assertThat(table.find("hidden_helper")).isEmpty();
            assertThat(table.find("overridable").orElseThrow().binding()).isEqualTo(SymbolBinding.WEAK);
            assertThat(table.find("per_thread").orElseThrow().type()).isEqualTo(SymbolType.TLS);
            assertThat(table.find("by_choice").orElseThrow().type()).isEqualTo(SymbolType.GNU_IFUNC);
            ElfSymbol helper = file.symbols().find("hidden_helper").orElseThrow();
            assertThat(helper.binding()).isEqualTo(SymbolBinding.LOCAL);
            assertThat(helper.info()).isEqualTo(2);
            assertThat(file.dynamic().soname()).contains("libsample.so.1");
            assertThat(file.properties().indirectBranchTracking()).isTrue();
            assertThat(file.properties().shadowStack()).isTrue();
            assertThat(file.buildId().orElseThrow().bytes()).hasSize(20);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"gnu", "sysv", "both"})
    void lookupAndCountNeedNoSectionHeaders(String style) throws IOException {
        Path path = Tools.sample(directory, style + ".so", "-Wl,--hash-style=" + style);
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(40, 0).putShort(60, (short) 0).putShort(62,
                (short) 0);
        ElfFile bare = ElfFile.of(ByteSource.of(bytes), "bare");
        try (ElfFile file = ElfFile.open(path)) {
            assertThat(bare.sections()).isEmpty();
            assertThat(bare.symbols().size()).isZero();
            assertThat(bare.dynamicSymbols().stream())
                    .containsExactlyElementsOf(file.dynamicSymbols().stream().toList());
            for (String name : List.of("exported", "calls", "numbers", "versioned")) {
                assertThat(bare.dynamicSymbols().find(name)).isPresent()
                        .isEqualTo(file.dynamicSymbols().find(name));
            }
            assertThat(bare.dynamicSymbols().find("nothing")).isEmpty();
            assertThat(bare.buildId()).isPresent().isEqualTo(file.buildId());
        }
    }

    @Test
    void aLibraryThatExportsNothingStillHasItsImports() throws IOException {
        Path path = Tools.gcc(directory, "imports.so", "sample.c", "-shared", "-fPIC", "-nostdlib",
                "-fvisibility=hidden", "-Wl,--hash-style=gnu");
        byte[] bytes = Files.readAllBytes(path);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(40, 0).putShort(60, (short) 0).putShort(62,
                (short) 0);
        assertThat(ElfFile.of(ByteSource.of(bytes), "bare").dynamicSymbols().stream().map(ElfSymbol::name))
                .contains("needed_elsewhere", "outside");
    }

    @ParameterizedTest
    @ValueSource(strings = {"-fPIC -shared", "-fPIC -shared -Wl,-z,pack-relative-relocs", "-fPIE -pie",
            "-fno-pic -no-pie", "-fPIC -shared -Wl,-z,combreloc"})
    void patchableFunctionEntries(String options) throws IOException {
        Path path = Tools.gcc(directory, "p.so", "sample.c", ("-nostdlib -Wl,-e,0 -Wl,--unresolved-symbols=ignore-all "
                + "-fpatchable-function-entry=16,14 " + options).split(" "));
        try (ElfFile file = ElfFile.open(path)) {
            List<LinkAddress> expected = file.symbols().stream()
                    .filter(symbol -> symbol.type().isFunction() && symbol.isDefined()
                            && !symbol.name().equals("by_choice"))
                    .map(symbol -> symbol.address().plus(-14)).sorted().distinct().toList();
            assertThat(file.patchableFunctionEntries()).hasSizeGreaterThan(6).isEqualTo(expected);
        }
    }

    @Test
    void symbolsWithoutSizeEndWithTheirSection() throws IOException {
        Path path = Tools.gcc(directory, "lazy.so", "loader.c", "-shared", "-fPIC", "-Wl,-z,lazy");
        try (ElfFile file = ElfFile.open(path)) {
            Section init = file.section(".init").orElseThrow();
            Section linkage = file.section(".plt").orElseThrow();
            assertThat(file.symbolContaining(init.address().plus(init.size() - 1)).map(ElfSymbol::name))
                    .contains("_init");
            assertThat(file.symbols().containing(linkage.address()).map(ElfSymbol::name)).contains("_init");
            assertThat(file.symbolContaining(linkage.address())).isEmpty();
        }
    }

    @Test
    void symbolsByAddress() throws IOException {
        try (ElfFile file = ElfFile.open(Tools.sample(directory, "c.so"))) {
            file.symbols().stream().filter(symbol -> symbol.size() > 0 && symbol.type() == SymbolType.FUNC)
                    .forEach(symbol -> {
                        assertThat(file.symbolContaining(symbol.address()).orElseThrow().value())
                                .isEqualTo(symbol.value());
                        assertThat(file.symbolContaining(symbol.address().plus(symbol.size() - 1)).orElseThrow()
                                .value()).isEqualTo(symbol.value());
                    });
            ElfSymbol zeros = file.symbols().find("zeros").orElseThrow();
            assertThat(file.symbolContaining(zeros.address().plus(400)).map(ElfSymbol::name)).contains("zeros");
            assertThat(file.fileOffset(zeros.address().plus(2000))).isEmpty();
            ElfSymbol numbers = file.symbols().find("numbers").orElseThrow();
            FileOffset offset = file.fileOffset(numbers.address()).orElseThrow();
            assertThat(file.linkAddress(offset)).contains(numbers.address());
            assertThat(file.at(numbers.address().plus(8), 4).i32()).isEqualTo(3);
            assertThat(file.symbolContaining(new LinkAddress(-1))).isEmpty();
        }
    }

    private Optional<Path> found(DebugFiles search, ElfFile file, Path installed) throws IOException {
        return search.find(file, installed.toString()).map(found -> directory.resolve("root" + found.name()));
    }

    @Test
    void debugFiles() throws IOException {
        Path library = Tools.sample(directory, "libd.so", "-g", "-Wl,--compress-debug-sections=zlib");
        Path plain = Tools.sample(directory, "plain.so", "-g", "-Wl,--compress-debug-sections=none");
        Path debug = directory.resolve("libd.so.debug");
        Tools.run(directory, "objcopy", "--only-keep-debug", "libd.so", "libd.so.debug");
        Tools.run(directory, "objcopy", "--strip-all", "--add-gnu-debuglink=libd.so.debug", "libd.so");
        Path root = directory.resolve("root");
        Files.createDirectories(root.resolve("opt/.debug"));
        Path installed = Path.of("/opt/libd.so");
        Files.copy(library, root.resolve("opt/libd.so"));
        try (ElfFile file = ElfFile.open(library); ElfFile separate = ElfFile.open(debug)) {
            assertThat(file.symbols().size()).isZero();
            DebugFiles search = DebugFiles.in(FileTree.below(root, Long.MAX_VALUE), ReadLimits.USER);
            assertThat(found(search, file, installed)).isEmpty();

            Path next = root.resolve("opt/.debug/libd.so.debug");
            Files.copy(plain, next);
            assertThat(found(search, file, installed)).as("the wrong CRC").isEmpty();
            Files.delete(next);
            Files.copy(debug, next);
            assertThat(found(search, file, installed)).contains(next);

            String id = file.buildId().orElseThrow().hex();
            Path byId = root
                    .resolve("usr/lib/debug/.build-id/" + id.substring(0, 2) + "/" + id.substring(2) + ".debug");
            Files.createDirectories(byId.getParent());
            Files.write(byId, new byte[]{1, 2, 3});
            assertThat(found(search, file, installed)).as("a damaged file").contains(next);
            Files.delete(byId);
            Files.copy(debug, byId);
            assertThat(found(search, file, installed)).contains(byId);

            assertThat(separate.dynamic().entries()).isEmpty();
            assertThat(separate.dynamicSymbols().stream()).isEmpty();
            assertThat(separate.buildId()).isEqualTo(file.buildId());
            assertThat(separate.symbols().find("hidden_helper")).isPresent();
            Section abbreviations = separate.section(".debug_info").orElseThrow();
            assertThat(abbreviations.isCompressed()).isTrue();
            try (ElfFile other = ElfFile.open(plain)) {
                ByteCursor wanted = other.data(other.section(".debug_info").orElseThrow());
                ByteCursor inflated = separate.data(abbreviations);
                assertThat(inflated.limit()).isEqualTo(wanted.limit()).isGreaterThan(abbreviations.size());
                // The first 16 bytes hold no reference into a string section, which may differ.
                assertThat(inflated.bytes(16).toArray(ValueLayout.JAVA_BYTE))
                        .isEqualTo(wanted.bytes(16).toArray(ValueLayout.JAVA_BYTE));
            }
        }
    }

    @Test
    void relocatableObjects() throws IOException {
        Path path = Tools.gcc(directory, "o.o", "sample.c", "-c", "-fPIC", "-ffunction-sections");
        try (ElfFile file = ElfFile.open(path)) {
            assertThat(file.header().type()).isEqualTo(ObjectType.RELOCATABLE);
            assertThat(file.segments()).isEmpty();
            assertThat(file.dynamic().entries()).isEmpty();
            assertThat(file.interpreter()).isEmpty();
            Section relocations = file.section(".rela.text.calls").orElseThrow();
            List<Optional<String>> names = file.relocations(relocations).stream()
                    .map(r -> Optional.of(file.symbols().get(r.symbolIndex()).name())).toList();
            assertThat(names).contains(Optional.of("outside"), Optional.of("needed_elsewhere"));
        }
    }

    @Test
    void aFixedAddressExecutableInMemory() throws IOException {
        Path path = Tools.gcc(directory, "fixed", "loader.c", "-fno-pic", "-no-pie", "-rdynamic");
        try (ElfFile file = ElfFile.open(path)) {
            Segment first = file.segments().stream().filter(s -> s.type().equals(SegmentType.LOAD)).findFirst()
                    .orElseThrow();
            assertThat(first.address().value()).isPositive();
            long end = file.segments().stream().mapToLong(s -> s.address().value() + s.memorySize()).max()
                    .orElseThrow();
            byte[] memory = new byte[Math.toIntExact(end)];
            byte[] bytes = Files.readAllBytes(path);
            for (Segment load : file.segments()) {
                if (load.type().equals(SegmentType.LOAD)) {
                    System.arraycopy(bytes, (int) load.offset().value(), memory, (int) load.address().value(),
                            (int) load.fileSize());
                }
            }
            ElfFile image = ElfFile.ofImage(ByteSource.of(memory), "fixed", first.address(), 0);
            assertThat(image.interpreter()).isPresent().isEqualTo(file.interpreter());
            assertThat(image.dynamicSymbols().find("needed_elsewhere")).isPresent()
                    .isEqualTo(file.dynamicSymbols().find("needed_elsewhere"));
            assertThat(image.dynamicSymbols().stream().toList()).isEqualTo(file.dynamicSymbols().stream().toList());
        }
    }

    @Test
    void severalThreadsGetTheSameAnswers() throws Exception {
        Path path = Tools.sample(directory, "t.so", "-g");
        for (int round = 0; round < 30; round++) {
            try (ElfFile file = ElfFile.open(path);
                    ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                List<Future<List<Object>>> answers = new ArrayList<>();
                for (int i = 0; i < 16; i++) {
                    int shift = i;
                    answers.add(threads.submit(() -> askAll(file, shift)));
                }
                for (Future<List<Object>> answer : answers) {
                    assertThat(answer.get()).isEqualTo(answers.getFirst().get());
                }
            }
        }
    }

    /** The same questions in another order for each thread, so that each is first with something. */
    private static List<Object> askAll(ElfFile file, int shift) {
        List<Supplier<Object>> questions = List.of(() -> file.sections().size(), file::buildId,
                () -> file.dynamicSymbols().find("exported"), () -> file.symbols().find("hidden_helper"),
                file::patchableFunctionEntries, file::properties, () -> file.symbolContaining(new LinkAddress(0x1100)),
                () -> file.dynamic().soname());
        Object[] answers = new Object[questions.size()];
        for (int i = 0; i < answers.length; i++) {
            int question = (i + shift) % answers.length;
            answers[question] = questions.get(question).get();
        }
        return List.of(answers);
    }
}
