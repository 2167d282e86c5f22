package dev.pulpo.elf;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The shared libraries that happen to be on the machine. */
public final class MachineLibraries {
    private static final byte[] ELF64_LITTLE = {0x7f, 'E', 'L', 'F', 2, 1};

    private MachineLibraries() {}

    /** Each once, whatever names it has. */
    public static List<Path> all() throws IOException {
        Set<Object> seen = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
        List<Path> found = new ArrayList<>();
        for (String directory : List.of("/usr/lib", "/lib")) {
            Path root = Path.of(directory);
            if (!Files.isDirectory(root)) {
                continue;
            }
            try (Stream<Path> files = Files.walk(root.toRealPath())) {
                for (Path file : (Iterable<Path>) files.filter(path -> path.toString().contains(".so"))
                        .sorted()::iterator) {
                    if (Files.isRegularFile(file, java.nio.file.LinkOption.NOFOLLOW_LINKS) && isElf(file)
                            && seen.add(Files.getAttribute(file, "unix:ino"))) {
                        found.add(file);
                    }
                }
            } catch (UncheckedIOException unreadable) {
                throw unreadable.getCause();
            }
        }
        return found;
    }

    private static boolean isElf(Path file) throws IOException {
        if (!Files.isReadable(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(ELF64_LITTLE.length), ELF64_LITTLE);
        }
    }
}
