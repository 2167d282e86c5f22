package dev.pulpo.engine.pack;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.MappedFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.SectionIndex;
import dev.pulpo.elf.SymbolBinding;
import dev.pulpo.elf.dwarf.DebugInfo;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.PlainPatch;
import dev.pulpo.engine.check.CodeFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Sources that join a patch, compiled into one shared object. It lies in a directory of its own, which goes when this is
 * closed.
 */
public final class SourceObject implements AutoCloseable {
    private final BuildDiff.Addition addition;
    private final Path directory;
    private final Path file;
    private final MappedFile bytes;
    private final ElfFile elf;
    private final DebugInfo info;

    private SourceObject(BuildDiff.Addition addition, Path directory, Path file, MappedFile bytes, ElfFile elf,
            DebugInfo info) {
        this.addition = addition;
        this.directory = directory;
        this.file = file;
        this.bytes = bytes;
        this.elf = elf;
        this.info = info;
    }

    /**
     * Compiles and links the sources.
     *
     * @param target what the patch is for
     * @throws IOException where that fails, with what the compiler said; nothing is left behind then
     */
    public static SourceObject compile(BuildDiff.Addition addition, Path target) throws IOException {
        Path directory = Files.createTempDirectory("pulpo-add");
        try {
            Path file = link(addition, target, directory);
            return open(addition, directory, file);
        } catch (IOException | RuntimeException failed) {
            delete(directory);
            throw failed;
        }
    }

    private static Path link(BuildDiff.Addition addition, Path target, Path directory) throws IOException {
        List<Path> objects = new ArrayList<>();
        Map<String, Path> definitions = new HashMap<>();
        for (Path source : addition.sources()) {
            Path object = directory.resolve(objects.size() + ".o");
            Compiler.compile(source, object, addition.options());
            try (ElfFile compiled = ElfFile.open(object)) {
                for (ElfSymbol symbol : compiled.symbols().stream().filter(SourceObject::isDefinition).toList()) {
                    Path first = definitions.putIfAbsent(symbol.name(), source);
                    if (first != null) {
                        throw new IOException(
                                RawText.of(first) + " and " + RawText.of(source) + " both define " + symbol.name());
                    }
                }
            }
            objects.add(object);
        }
        Path file = directory.resolve("added.so");
        Compiler.link(objects, addition.sources().stream().anyMatch(Compiler::isPlusPlus), file,
                Compiler.libraries(target), addition.options());
        return file;
    }

    /** Of which a program may have one only. */
    private static boolean isDefinition(ElfSymbol symbol) {
        return symbol.binding() == SymbolBinding.GLOBAL && symbol.isDefined()
                && !(symbol.sectionIndex() instanceof SectionIndex.Common);
    }

    // The object closes the mapping.
    @SuppressWarnings("MustBeClosedChecker")
    private static SourceObject open(BuildDiff.Addition addition, Path directory, Path file) throws IOException {
        String name = addition.sources().stream().map(RawText::of).collect(Collectors.joining(", "));
        MappedFile bytes = ByteSource.map(file);
        try {
            ElfFile elf = ElfFile.of(bytes, name);
            return new SourceObject(addition, directory, file, bytes, elf,
                    DebugInfo.open(elf, RawText.of(file), DebugFiles.ofThisProcess()));
        } catch (IOException | RuntimeException failed) {
            bytes.close();
            throw failed;
        }
    }

    /** It as a patch of a target. */
    public PlainPatch patch(Path target) {
        return new PlainPatch(target, file, addition.choices(), Set.of(), elf.name());
    }

    /** What is known of it. */
    public CodeFacts facts() {
        return new CodeFacts(elf, info);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path each : files.toList()) {
                Files.delete(each);
            }
        }
        Files.delete(directory);
    }

    @Override
    public void close() throws IOException {
        info.close();
        elf.close();
        bytes.close();
        delete(directory);
    }
}
