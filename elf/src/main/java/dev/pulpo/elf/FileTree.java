package dev.pulpo.elf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The files below one root directory. Names come from files and processes, so they are untrusted: they may name a missing
 * file or a device, or not be valid names at all.
 */
@FunctionalInterface
public interface FileTree {
    /**
     * Opens a file.
     *
     * @param name absolute, with {@code /} between its parts; {@code ..} does not lead out of the root directory
     * @return empty if there is no regular file of this name, or it is too large, or must not be read
     * @throws IOException if the file exists and reading it fails for another reason
     */
    Optional<MappedFile> open(String name) throws IOException;

    /**
     * The files that this process sees. If a file is replaced by a FIFO while it is being opened, opening blocks; so the
     * users who may write to the searched directories are trusted that far.
     *
     * @param largest how many bytes a file may have
     */
    static FileTree ofThisProcess(long largest) {
        return below(Path.of("/"), largest);
    }

    /**
     * The files below a directory. Symbolic links are followed as this process sees them, so they may lead out of it.
     *
     * @param largest how many bytes a file may have
     */
    static FileTree below(Path root, long largest) {
        return name -> {
            Path file;
            try {
                file = root.resolve(normal(name).substring(1));
                InputFile.require(file, largest);
            } catch (InvalidPathException | FileSystemException none) {
                return Optional.empty();
            }
            try (FileChannel channel = InputFile.open(file, largest)) {
                return Optional.of(MappedFile.of(channel, file.toString()));
            } catch (NoSuchFileException | AccessDeniedException none) {
                return Optional.empty();
            }
        };
    }

    /** An absolute name without empty parts, {@code .} and {@code ..}. */
    static String normal(String name) {
        List<String> parts = new ArrayList<>();
        for (String part : name.split("/", -1)) {
            if (part.equals("..")) {
                if (!parts.isEmpty()) {
                    parts.removeLast();
                }
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.add(part);
            }
        }
        return "/" + String.join("/", parts);
    }

    /** The directory that a name is in. */
    static String parent(String name) {
        String normal = normal(name);
        return normal.substring(0, Math.max(1, normal.lastIndexOf('/')));
    }

    /** Resolves a name in a directory; absolute names start at the root. */
    static String resolve(String directory, String name) {
        return normal(name.startsWith("/") ? name : directory + "/" + name);
    }
}
