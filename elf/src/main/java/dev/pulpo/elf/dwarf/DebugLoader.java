package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.DebugAltLink;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds and opens every file that holds a part of the debug information of an object. */
final class DebugLoader {
    private final ElfFile object;
    private final Path path;
    private final DebugFiles files;
    private final List<ElfFile> owned = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private boolean packageSought;
    private @Nullable PackageFile packageFile;

    DebugLoader(ElfFile object, Path path, DebugFiles files) {
        this.object = object;
        this.path = path.toAbsolutePath().normalize();
        this.files = files;
    }

    DebugInfo load() throws IOException {
        try {
            ElfFile described = object;
            Path place = below(path);
            boolean hasInfo = Sections.find(object, ".debug_info").isPresent();
            Optional<Path> separate = hasInfo ? Optional.empty() : files.find(object, path);
            if (separate.isPresent()) {
                place = separate.get();
                described = open(place);
            }
            World world = new World(described);
            world.add(new Sections(described, ""), null);
            Optional<DebugAltLink> common = described.debugAltLink();
            if (common.isPresent()) {
                addSupplementary(world, common.get(), place);
            }
            for (Unit unit : world.units()) {
                Optional<String> split = splitName(unit);
                if (split.isPresent()) {
                    addSplit(world, unit, split.get());
                }
            }
            return new DebugInfo(described, world, owned, missing);
        } catch (IOException | RuntimeException failure) {
            owned.forEach(ElfFile::close);
            throw failure;
        }
    }

    /** A unit whose first entry is malformed is reported with the others, when all entries are gone over. */
    private static Optional<String> splitName(Unit unit) {
        try {
            return unit.splitName();
        } catch (MalformedElfException malformed) {
            return Optional.empty();
        }
    }

    private ElfFile open(Path file) throws IOException {
        ElfFile opened = ElfFile.open(file);
        owned.add(opened);
        return opened;
    }

    private Path below(Path absolute) {
        Path top = absolute.getRoot();
        return files.root().resolve(top == null ? absolute : top.relativize(absolute));
    }

    private void addSupplementary(World world, DebugAltLink link, Path describedBy) throws IOException {
        Path name = RawText.path(link.fileName());
        List<Path> candidates = new ArrayList<>();
        candidates.add(name.isAbsolute() ? below(name) : describedBy.resolveSibling(name));
        String id = link.buildId().hex();
        for (Path directory : files.directories()) {
            if (id.length() > 2) {
                candidates.add(below(directory)
                        .resolve(".build-id/" + id.substring(0, 2) + "/" + id.substring(2) + ".debug"));
            }
        }
        for (Path candidate : candidates) {
            if (Files.isRegularFile(candidate)) {
                ElfFile file = open(candidate);
                if (file.supplementaryId().equals(Optional.of(link.buildId()))) {
                    world.addSupplementary(new Sections(file, ""));
                    return;
                }
            }
        }
        missing.add(link.fileName());
    }

    private void addSplit(World world, Unit skeleton, String name) throws IOException {
        Path relative = RawText.path(name);
        Path directory = RawText.path(skeleton.directory().isEmpty() ? "/" : skeleton.directory());
        Path parent = path.getParent() == null ? path : path.getParent();
        for (Path candidate : List.of(below(directory.resolve(relative)), below(parent.resolve(relative)))) {
            if (Files.isRegularFile(candidate)) {
                world.add(new Sections(open(candidate), ".dwo"), skeleton);
                return;
            }
        }
        Optional<Sections> packed = packageFile(world).flatMap(file -> file.unit(skeleton.splitId()));
        if (packed.isPresent()) {
            world.add(packed.get(), skeleton);
        } else {
            missing.add(name);
        }
    }

    /** The package next to the object; its type units are everybody's. */
    private Optional<PackageFile> packageFile(World world) throws IOException {
        if (!packageSought) {
            packageSought = true;
            Path place = below(path.resolveSibling(path.getFileName() + ".dwp"));
            if (Files.isRegularFile(place)) {
                PackageFile file = PackageFile.read(open(place));
                file.types().forEach(sections -> world.add(sections, null));
                packageFile = file;
            }
        }
        return Optional.ofNullable(packageFile);
    }
}
