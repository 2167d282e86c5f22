package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.DebugAltLink;
import dev.pulpo.elf.DebugFiles;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.FileTree;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.TooLargeException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds and opens every file that holds a part of the debug information of an object. */
final class DebugLoader {
    /** Each split unit may be in a file of its own, and a process can map 65530 files (proc(5), max_map_count). */
    private static final int MOST_FILES = 1 << 14;

    private final ElfFile object;
    private final String name;
    private final DebugFiles files;
    private final List<ElfFile> owned = new ArrayList<>();
    private final List<String> missing = new ArrayList<>();
    private boolean packageSought;
    private @Nullable PackageFile packageFile;

    DebugLoader(ElfFile object, String name, DebugFiles files) {
        this.object = object;
        this.name = FileTree.normal(name);
        this.files = files;
    }

    DebugInfo load() throws IOException {
        try {
            ElfFile described = object;
            String place = name;
            boolean hasInfo = Sections.find(object, ".debug_info").isPresent();
            Optional<DebugFiles.Found> separate = hasInfo ? Optional.empty() : files.find(object, name);
            if (separate.isPresent()) {
                place = separate.get().name();
                described = separate.get().file();
                owned.add(described);
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

    /** A unit whose first entry is malformed is reported when all entries are read. */
    private static Optional<String> splitName(Unit unit) {
        try {
            return unit.splitName();
        } catch (TooLargeException tooLarge) {
            throw tooLarge;
        } catch (MalformedElfException malformed) {
            return Optional.empty();
        }
    }

    private Optional<ElfFile> open(String candidate, DebugFiles.Wanted wanted) throws IOException {
        Optional<ElfFile> opened = owned.size() < MOST_FILES
                ? files.open(object, candidate, wanted).map(DebugFiles.Found::file)
                : Optional.empty();
        opened.ifPresent(owned::add);
        return opened;
    }

    private void addSupplementary(World world, DebugAltLink link, String describedBy) throws IOException {
        List<String> candidates = new ArrayList<>();
        candidates.add(FileTree.resolve(FileTree.parent(describedBy), link.fileName()));
        candidates.addAll(files.byBuildId(link.buildId()));
        for (String candidate : candidates) {
            Optional<ElfFile> file = open(candidate,
                    each -> each.supplementaryId().equals(Optional.of(link.buildId())));
            if (file.isPresent()) {
                world.addSupplementary(new Sections(file.get(), ""));
                return;
            }
        }
        missing.add(link.fileName());
    }

    private void addSplit(World world, Unit skeleton, String split) throws IOException {
        for (String directory : List.of(skeleton.directory(), FileTree.parent(name))) {
            Optional<ElfFile> file = open(FileTree.resolve(directory, split), each -> true);
            if (file.isPresent()) {
                world.add(new Sections(file.get(), ".dwo"), skeleton);
                return;
            }
        }
        Optional<Sections> packed = packageFile(world).flatMap(file -> file.unit(skeleton.splitId()));
        if (packed.isPresent()) {
            world.add(packed.get(), skeleton);
        } else {
            missing.add(split);
        }
    }

    /** The package next to the object; all units share its type units. */
    private Optional<PackageFile> packageFile(World world) throws IOException {
        if (!packageSought) {
            packageSought = true;
            Optional<ElfFile> file = open(name + ".dwp", each -> true);
            if (file.isPresent()) {
                PackageFile read = PackageFile.read(file.get());
                read.types().forEach(sections -> world.add(sections, null));
                packageFile = read;
            }
        }
        return Optional.ofNullable(packageFile);
    }
}
