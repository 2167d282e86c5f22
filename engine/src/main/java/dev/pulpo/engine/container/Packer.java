package dev.pulpo.engine.container;

import dev.pulpo.elf.NearestNames;
import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.InputFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.container.Description.Word;
import dev.pulpo.engine.target.ObjectFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Makes a container of a description: looks all its names up, and embeds the metadata into the shared object that it names.
 *
 * @param file      the shared object
 * @param container what is to be embedded
 */
public record Packer(Path file, Container container) {
    private static final int LONGEST_DESCRIPTION = 4 << 20;
    /** Comparing names takes as many steps as both have characters, multiplied. */
    private static final int LONGEST_SUGGESTED = 1 << 12;

    /**
     * Reads a description and the files that it names; relative paths are relative to the current directory.
     *
     * @param patch  in place of the shared object that the description names
     * @param target in place of the target that it names
     * @throws IOException          where the description cannot be read
     * @throws DescriptionException for everything that is wrong with it, or with the files that it names
     */
    public static Packer read(Path description, Optional<Path> patch, Optional<Path> target)
            throws IOException, DescriptionException {
        byte[] bytes = InputFile.read(description, LONGEST_DESCRIPTION);
        String text = RawText.decodeLines(bytes);
        DescriptionProblems problems = new DescriptionProblems(RawText.of(description), DescriptionParser.lines(text));
        Description parsed = DescriptionParser.parse(text, problems);
        return new Lookup(parsed, problems).run(bytes, patch, target);
    }

    /**
     * Writes the container.
     *
     * @param output may be the file itself
     * @throws IOException where that fails; an existing file is as it was then
     */
    public void write(Path output) throws IOException {
        try (ElfFile elf = ElfFile.open(file)) {
            container.embed(elf).write(output);
        }
    }

    /** One run over a description. */
    private static final class Lookup {
        private final Description description;
        private final DescriptionProblems problems;

        Lookup(Description description, DescriptionProblems problems) {
            this.description = description;
            this.problems = problems;
        }

        Packer run(byte[] text, Optional<Path> patchFile, Optional<Path> targetFile) throws DescriptionException {
            Optional<Path> file = path(patchFile, description.container());
            Optional<ObjectSymbols> patch = file.flatMap(path -> symbols(path, description.container()));
            Optional<ObjectSymbols> target = path(targetFile, description.target())
                    .flatMap(path -> symbols(path, description.target()));
            List<PatchId> dependencies = description.dependencies().stream()
                    .flatMap(word -> dependency(word).stream()).toList();
            // Names cannot be looked up in files that cannot be read.
            problems.throwIfAny();
            ObjectSymbols replacement = patch.orElseThrow();
            ObjectSymbols old = target.orElseThrow();
            List<FunctionPair> functions = new ArrayList<>();
            for (Description.Functions pair : description.functions()) {
                long address = offset(pair.function(), old, ObjectSymbol.Kind.FUNCTION);
                offset(pair.replacement(), replacement, ObjectSymbol.Kind.FUNCTION);
                functions.add(new FunctionPair(pair.function().text(), pair.replacement().text(),
                        new LinkAddress(address)));
            }
            List<DataReference> references = description.references().stream()
                    .map(reference -> resolve(reference, old, replacement)).toList();
            problems.throwIfAny();
            // The last one first: libpulp's packer does so, and the same description is to give the same bytes.
            Metadata metadata = new Metadata(id(replacement.buildId(), text), old.buildId(), old.name(), functions,
                    dependencies.reversed(), references.reversed());
            return new Packer(file.orElseThrow(), new Container(metadata, description.comment()));
        }

        private static PatchId id(BuildId patch, byte[] description) {
            byte[] build = patch.bytes();
            ByteBuffer id = ByteBuffer.allocate(PatchId.BYTES);
            id.put(build, 0, Math.min(build.length, PatchId.BYTES / 2));
            return new PatchId(id.put(PatchId.BYTES / 2, Md4.digest(description)).array());
        }

        private Optional<Path> path(Optional<Path> instead, Word word) {
            try {
                return instead.or(() -> Optional.of(RawText.path(word.text())));
            } catch (java.nio.file.InvalidPathException e) {
                problems.add(word, "not a path: " + e.getReason());
                return Optional.empty();
            }
        }

        private Optional<ObjectSymbols> symbols(Path path, Word word) {
            return reading(path, word, () -> ObjectSymbols.open(path));
        }

        private interface Reading<T> {
            T run() throws IOException;
        }

        private <T> Optional<T> reading(Path path, Word word, Reading<T> reading) {
            try {
                if (Files.exists(path) && !Files.isRegularFile(path)) {
                    // Devices and pipes may have no end.
                    problems.add(word,
                            RawText.of(path) + (Files.isDirectory(path) ? " is a directory" : " is no regular file"));
                    return Optional.empty();
                }
                return Optional.of(reading.run());
            } catch (NoSuchFileException e) {
                problems.add(word, RawText.of(path) + " does not exist");
            } catch (IOException e) {
                problems.add(word, RawText.of(path) + " cannot be read: " + RawText.asData(String.valueOf(e)));
            } catch (MalformedElfException e) {
                problems.add(word, String.valueOf(e.getMessage()));
            }
            return Optional.empty();
        }

        private Optional<PatchId> dependency(Word word) {
            return path(Optional.empty(), word).flatMap(path -> reading(path, word, () -> {
                byte[] start = new byte[1];
                try (var in = Channels.newInputStream(InputFile.open(path, Long.MAX_VALUE))) {
                    in.readNBytes(start, 0, 1);
                }
                if (start[0] != 0x7f) {
                    return Container.readBare(InputFile.read(path, Container.LARGEST), RawText.of(path)).id();
                }
                ElfFile elf = ObjectFiles.open(path, RawText.of(path));
                return Container.read(elf).orElseThrow(
                        () -> new MalformedElfException(RawText.of(path), 0, "a section .ulp", "none")).metadata().id();
            }));
        }

        private DataReference resolve(Description.Reference reference, ObjectSymbols target, ObjectSymbols patch) {
            long targetOffset = reference.targetOffset();
            if (targetOffset == 0) {
                targetOffset = offset(reference.variable(), target, reference.threadLocal()
                        ? ObjectSymbol.Kind.THREAD_LOCAL
                        : ObjectSymbol.Kind.ADDRESS);
            }
            long patchOffset = reference.patchOffset();
            if (patchOffset == 0) {
                patchOffset = offset(reference.reference(), patch, ObjectSymbol.Kind.VARIABLE);
            }
            return new DataReference(reference.variable().text(), reference.reference().text(), targetOffset,
                    patchOffset, reference.threadLocal());
        }

        /** Where a name is; 0, with a problem more, where that is not clear. */
        private long offset(Word name, ObjectSymbols object, ObjectSymbol.Kind kind) {
            List<ObjectSymbol> found = object.find(name.text(), kind);
            if (found.size() == 1) {
                return found.getFirst().offset();
            }
            if (found.isEmpty()) {
                List<String> nearest = name.text().length() > LONGEST_SUGGESTED
                        ? List.of()
                        : NearestNames.to(name.text(), object.names(kind));
                problems.add(name, object.name() + " has no " + kind + " " + name
                        + (nearest.isEmpty() ? "" : "; did you mean " + String.join(", ", nearest) + "?"));
            } else {
                problems.add(name, object.name() + " has several: " + found.stream()
                        .map(symbol -> String.format(Locale.ROOT, "%s at 0x%x", symbol.name(), symbol.offset()))
                        .collect(Collectors.joining(", ")));
            }
            return 0;
        }
    }
}
