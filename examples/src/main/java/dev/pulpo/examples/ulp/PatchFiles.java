package dev.pulpo.examples.ulp;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Wildcard;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** The patch files that an argument names: one file, or all that match a wildcard in the last part of the path. */
final class PatchFiles {
    private PatchFiles() {}

    static boolean isWildcard(String argument) {
        return argument.indexOf('*') >= 0;
    }

    /**
     * The files, in the order of their names.
     *
     * @param recursive whether to search subdirectories, too
     * @throws IOException if the directory cannot be read
     */
    static List<Path> matching(String argument, boolean recursive) throws IOException {
        int slash = argument.lastIndexOf('/');
        Path directory = RawText.path(slash < 0 ? "." : argument.substring(0, slash + 1));
        String prefix = slash < 0 ? "" : argument.substring(0, slash + 1);
        Wildcard wildcard = new Wildcard(argument.substring(slash + 1));
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(directory, EnumSet.of(FileVisitOption.FOLLOW_LINKS), recursive ? Integer.MAX_VALUE : 1,
                new SimpleFileVisitor<>() {
                    @Override
                    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                        String name = RawText.of(file.getFileName());
                        if (name.endsWith(".so") && attributes.isRegularFile() && wildcard.matches(name)) {
                            found.add(RawText.path(prefix + RawText.of(directory.relativize(file))));
                        }
                        return FileVisitResult.CONTINUE;
                    }

                    @Override
                    public FileVisitResult visitFileFailed(Path file, IOException reason) throws IOException {
                        if (reason instanceof FileSystemLoopException) {
                            // A link to a parent directory; its files are found anyway.
                            return FileVisitResult.CONTINUE;
                        }
                        throw reason;
                    }
                });
        return found.stream().sorted().toList();
    }
}
