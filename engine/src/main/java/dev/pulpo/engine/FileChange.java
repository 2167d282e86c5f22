package dev.pulpo.engine;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What has changed from the build that a process runs to the build that is installed, and the patch container that would
 * change processes likewise.
 *
 * @param oldBuild    build-id of the loaded file, in hexadecimal; may be empty
 * @param newBuild    build-id of the installed file, in hexadecimal; may be empty
 * @param newDigest   SHA-256 of the installed file, in hexadecimal
 * @param compared    number of functions of the loaded build
 * @param differences functions and variables that differ, one a line, such as {@code changed handle}
 * @param same        whether nothing differs, so that processes need nothing
 * @param objections  why there is no container; empty where there is one, or nothing differs
 * @param unchecked   what could not be checked, and why
 * @param container   the container, in the cache directory; others may read it if they may read both builds
 * @param published   whether others may read it
 */
public record FileChange(String oldBuild, String newBuild, String newDigest, int compared, List<String> differences,
        boolean same, List<String> objections, List<String> unchecked, Optional<Path> container, boolean published) {
    public FileChange {
        differences = List.copyOf(differences);
        objections = List.copyOf(objections);
        unchecked = List.copyOf(unchecked);
    }

    /** The same without a container. */
    public static FileChange refused(String oldBuild, String newBuild, String newDigest, List<String> objections) {
        return new FileChange(oldBuild, newBuild, newDigest, 0, List.of(), false, objections, List.of(),
                Optional.empty(), false);
    }
}
