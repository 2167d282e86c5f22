package dev.pulpo.engine.pack;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The libraries that files are linked with, directly or not ({@code DT_NEEDED}), found as ld.so(8) finds them: by the search
 * paths in the files, {@code LD_LIBRARY_PATH}, the directories of {@code /etc/ld.so.conf} and the standard ones; and beside
 * the file that needs them.
 */
final class LinkedLibraries {
    private static final List<String> STANDARD = List.of("/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib64",
            "/usr/lib64", "/lib", "/usr/lib");
    private static final Path CONFIGURATION = Path.of("/etc/ld.so.conf");

    private final Set<String> symbols = new HashSet<>();
    private final Set<String> missing = new LinkedHashSet<>();
    private final Set<String> seen = new HashSet<>();
    private final Deque<Wanted> open = new ArrayDeque<>();
    private final Set<String> general = general();

    private record Wanted(String name, List<String> directories) {}

    private LinkedLibraries() {}

    /** A file that is linked with libraries, and where it lies. */
    record Linked(ElfFile elf, Path file) {}

    /** Looks for the libraries of these files. */
    static LinkedLibraries of(List<Linked> files) {
        LinkedLibraries libraries = new LinkedLibraries();
        files.forEach(each -> libraries.want(each.elf, each.file));
        while (!libraries.open.isEmpty()) {
            libraries.look(libraries.open.remove());
        }
        return libraries;
    }

    /** Whether one of them defines a symbol. */
    boolean define(String symbol) {
        return symbols.contains(symbol);
    }

    /** The names of those that were not found. */
    List<String> missing() {
        return List.copyOf(missing);
    }

    private void want(ElfFile elf, Path file) {
        Path directory = Optional.ofNullable(file.toAbsolutePath().normalize().getParent()).orElse(Path.of("/"));
        List<String> directories = new ArrayList<>();
        elf.dynamic().rPath().ifPresent(path -> directories.addAll(expanded(path, directory)));
        elf.dynamic().runPath().ifPresent(path -> directories.addAll(expanded(path, directory)));
        directories.add(RawText.of(directory));
        elf.dynamic().needed().stream().filter(seen::add).forEach(name -> open.add(new Wanted(name, directories)));
    }

    private static List<String> expanded(String path, Path origin) {
        return List.of(path.replace("${ORIGIN}", "$ORIGIN").replace("$ORIGIN", RawText.of(origin)).split(":"));
    }

    private void look(Wanted wanted) {
        List<String> candidates = new ArrayList<>();
        if (wanted.name.indexOf('/') >= 0) {
            candidates.add(wanted.name);
        } else {
            wanted.directories.forEach(directory -> candidates.add(directory + "/" + wanted.name));
            general.forEach(directory -> candidates.add(directory + "/" + wanted.name));
        }
        if (candidates.stream().map(RawText::path).noneMatch(this::read)) {
            missing.add(wanted.name);
        }
    }

    private boolean read(Path file) {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (ElfFile elf = ElfFile.open(file)) {
            elf.dynamicSymbols().stream().filter(ElfSymbol::isDefined).map(ElfSymbol::name).forEach(symbols::add);
            want(elf, file);
            return true;
        } catch (IOException | MalformedElfException otherFile) {
            // The loader goes on searching, too, where a file is of another machine.
            return false;
        }
    }

    private static Set<String> general() {
        Set<String> directories = new LinkedHashSet<>();
        for (String directory : System.getenv().getOrDefault("LD_LIBRARY_PATH", "").split("[:;]")) {
            if (!directory.isEmpty()) {
                directories.add(directory);
            }
        }
        configured(CONFIGURATION, directories, new HashSet<>());
        directories.addAll(STANDARD);
        return directories;
    }

    /** ldconfig(8): a directory a line, and {@code include} with a pattern. */
    private static void configured(Path file, Set<String> directories, Set<Path> read) {
        if (!read.add(file)) {
            return;
        }
        try {
            for (String line : RawText.decodeLines(Files.readAllBytes(file)).lines().map(String::strip).toList()) {
                if (line.startsWith("include ")) {
                    Path pattern = RawText.path(line.substring("include ".length()).strip());
                    Path directory = Optional.ofNullable(pattern.getParent()).orElse(Path.of("/etc"));
                    try (DirectoryStream<Path> included = Files.newDirectoryStream(directory,
                            String.valueOf(pattern.getFileName()))) {
                        included.forEach(each -> configured(each, directories, read));
                    }
                } else if (line.startsWith("/")) {
                    directories.add(line);
                }
            }
        } catch (IOException absent) {
            // Then the standard directories are all.
        }
    }
}
