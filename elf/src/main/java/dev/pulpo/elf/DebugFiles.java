package dev.pulpo.elf;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the separate debug file of an object, as GDB does (GDB manual, "Debugging Information in Separate Files"): by
 * build-id, then by debug link. A file counts only if its build-id or its CRC matches the object. Each file is opened
 * once: the file that was checked is the file that is returned.
 *
 * @param tree        the files of the process that runs the object
 * @param directories where debug files are kept, absolute names in the tree
 * @param limits      limits for reading a debug file
 */
public record DebugFiles(FileTree tree, List<String> directories, ReadLimits limits) {
    /**
     * A file that was found.
     *
     * @param name its name in the tree
     * @param file the file; the caller closes it
     */
    public record Found(String name, ElfFile file) {}

    public DebugFiles {
        directories = List.copyOf(directories);
    }

    /** A search in {@code /usr/lib/debug} of a tree. */
    public static DebugFiles in(FileTree tree, ReadLimits limits) {
        return new DebugFiles(tree, List.of("/usr/lib/debug"), limits);
    }

    /** A search among the files that this process sees, for objects that the user names. */
    public static DebugFiles ofThisProcess() {
        return in(FileTree.ofThisProcess(ReadLimits.USER.fileBytes()), ReadLimits.USER);
    }

    /**
     * The debug file of an object.
     *
     * @param object the object
     * @param name   its name in the tree
     * @throws IOException if a file that exists cannot be read
     */
    public Optional<Found> find(ElfFile object, String name) throws IOException {
        Optional<BuildId> id = object.buildId();
        if (id.isPresent()) {
            for (String candidate : byBuildId(id.get())) {
                Optional<Found> found = open(object, candidate, file -> file.buildId().equals(id));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        Optional<DebugLink> link = object.debugLink();
        // A link names a file next to the object; one with a directory could lead anywhere.
        if (link.isPresent() && link.get().fileName().indexOf('/') < 0 && !link.get().fileName().isEmpty()) {
            for (String candidate : byLink(name, link.get().fileName())) {
                Optional<Found> found = open(object, candidate, file -> belongs(file, id, link.get()));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    /** Where a file with a build-id may be, as names in the tree. */
    public List<String> byBuildId(BuildId id) {
        // The first byte names a directory, so a single byte names no file.
        return id.hex().length() <= 2
                ? List.of()
                : directories.stream().map(directory -> directory + "/.build-id/" + id.hex().substring(0, 2) + "/"
                        + id.hex().substring(2) + ".debug").toList();
    }

    private List<String> byLink(String object, String name) {
        String parent = FileTree.parent(object);
        List<String> candidates = new ArrayList<>();
        candidates.add(FileTree.resolve(parent, name));
        candidates.add(FileTree.resolve(parent, ".debug/" + name));
        for (String directory : directories) {
            candidates.add(FileTree.resolve(directory + parent, name));
        }
        candidates.remove(FileTree.normal(object));
        return candidates;
    }

    /** Recognises the wanted file. */
    @FunctionalInterface
    public interface Wanted {
        /** Whether this is the wanted file; a malformed file is not. */
        boolean test(ElfFile file);
    }

    /**
     * Opens a file if it is the wanted one.
     *
     * @param object the object that it describes; both share one limit for inflated sections
     * @param name   its name in the tree
     * @throws IOException if a file that exists cannot be read
     */
    public Optional<Found> open(ElfFile object, String name, Wanted wanted) throws IOException {
        Optional<MappedFile> mapped = tree.open(name);
        if (mapped.isEmpty()) {
            return Optional.empty();
        }
        try {
            ElfFile file = object.with(mapped.get(), limits);
            boolean isWanted = false;
            try {
                isWanted = wanted.test(file);
            } finally {
                if (!isWanted) {
                    file.close();
                }
            }
            if (isWanted) {
                return Optional.of(new Found(name, file));
            }
        } catch (MalformedElfException | InternalError damaged) {
            // A file with any defect is not the wanted one; another candidate may be. An InternalError means that the
            // file has been truncated meanwhile (ByteSource.map).
        }
        mapped.get().close();
        return Optional.empty();
    }

    /** Computing the CRC of a debug file means reading all of it, so build-ids are compared if both files have one. */
    private boolean belongs(ElfFile file, Optional<BuildId> id, DebugLink link) {
        Optional<BuildId> own = file.buildId();
        if (id.isPresent() && own.isPresent()) {
            return own.equals(id);
        }
        ReadLimits.check(file.name(), 0, file.source().size(), limits.checkedBytes(),
                "bytes to compute the checksum of");
        return link.matches(file.source());
    }
}
