package dev.pulpo.examples.ulp;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;

/** The patch files that an argument names: one, or all that match a wildcard in the last part of the path. */
final class PatchFiles {
    private PatchFiles() {}

    static boolean isWildcard(String argument) {
        return argument.indexOf('*') >= 0;
    }

    /**
     * The files, in the order of their names.
     *
     * @param recursive whether to look below the directory, too
     * @throws IOException where the directory cannot be read
     */
    static List<Path> matching(String argument, boolean recursive) throws IOException {
        int slash = argument.lastIndexOf('/');
        Path directory = Path.of(slash < 0 ? "." : argument.substring(0, slash + 1));
        String prefix = slash < 0 ? "" : argument.substring(0, slash + 1);
        PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:" + argument.substring(slash + 1));
        try (Stream<Path> files = Files.walk(directory, recursive ? Integer.MAX_VALUE : 1,
                FileVisitOption.FOLLOW_LINKS)) {
            return files.filter(file -> file.getFileName().toString().endsWith(".so") && Files.isRegularFile(file)
                    && matcher.matches(file.getFileName()))
                    .map(file -> Path.of(prefix + directory.relativize(file))).sorted().toList();
        }
    }
}
