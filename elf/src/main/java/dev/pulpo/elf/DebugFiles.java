package dev.pulpo.elf;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the separate debug file of an object, as GDB does (GDB manual, "Debugging Information in Separate Files"): by
 * build-id, then by debug link. A file counts only if its build-id or its CRC says that it belongs to the object.
 *
 * <p>An absolute symbolic link below a root other than {@code /} leads out of it; what it leads to is still checked.
 *
 * @param root        the root directory of the process that runs the object, such as {@code /} or
 *                    {@code /proc/PID/root}
 * @param directories where debug files are kept, absolute paths below the root
 */
public record DebugFiles(Path root, List<Path> directories) {
    public DebugFiles {
        directories = List.copyOf(directories);
    }

    /** A search in {@code /usr/lib/debug} below a root directory. */
    public static DebugFiles under(Path root) {
        return new DebugFiles(root, List.of(Path.of("/usr/lib/debug")));
    }

    /**
     * The debug file of an object.
     *
     * @param object the object
     * @param path   its absolute path below the root
     * @return the file's path, with the root in front
     * @throws IOException where a file that exists cannot be read
     */
    public Optional<Path> find(ElfFile object, Path path) throws IOException {
        Optional<BuildId> id = object.buildId();
        if (id.isPresent() && id.get().hex().length() > 2) {
            for (Path candidate : byBuildId(id.get())) {
                if (Files.isRegularFile(candidate) && hasBuildId(candidate, id.get())) {
                    return Optional.of(candidate);
                }
            }
        }
        Optional<DebugLink> link = object.debugLink();
        // A link names a file next to the object; one with a directory in it would lead anywhere.
        if (link.isPresent() && link.get().fileName().indexOf('/') < 0 && !link.get().fileName().isEmpty()) {
            for (Path candidate : byLink(path, link.get().fileName())) {
                if (Files.isRegularFile(candidate) && matches(candidate, link.get())) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    private List<Path> byBuildId(BuildId id) {
        String name = ".build-id/" + id.hex().substring(0, 2) + "/" + id.hex().substring(2) + ".debug";
        return directories.stream().map(directory -> below(directory).resolve(name)).toList();
    }

    private List<Path> byLink(Path path, String name) {
        Path absolute = path.toAbsolutePath().normalize();
        Path parent = absolute.getParent() == null ? absolute : absolute.getParent();
        List<Path> candidates = new ArrayList<>();
        candidates.add(below(parent).resolve(name));
        candidates.add(below(parent).resolve(".debug").resolve(name));
        for (Path directory : directories) {
            candidates.add(below(directory).resolve(relative(parent)).resolve(name));
        }
        candidates.remove(below(absolute));
        return candidates;
    }

    private Path below(Path absolute) {
        return root.resolve(relative(absolute));
    }

    private static Path relative(Path absolute) {
        Path top = absolute.getRoot();
        return top == null ? absolute : top.relativize(absolute);
    }

    private static boolean hasBuildId(Path candidate, BuildId wanted) throws IOException {
        try (ElfFile file = ElfFile.open(candidate)) {
            return file.buildId().equals(Optional.of(wanted));
        } catch (MalformedElfException damaged) {
            // Whatever is wrong with it, it is not the file that is looked for; another candidate may be.
            return false;
        }
    }

    private static boolean matches(Path candidate, DebugLink link) throws IOException {
        try (MappedFile file = ByteSource.map(candidate)) {
            return link.matches(file);
        }
    }
}
