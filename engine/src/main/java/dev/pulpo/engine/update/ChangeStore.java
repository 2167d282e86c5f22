package dev.pulpo.engine.update;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.BuildDiff;
import dev.pulpo.engine.FileChange;
import dev.pulpo.ffm.Processes;
import dev.pulpo.stub.FileTrust;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What earlier comparisons have found, and their containers. An entry is known by the content of both files: a build-id is a
 * claim of whoever made the file, and a forged one would bring one user's code into another's processes.
 *
 * <pre>
 *   KEY.txt   a line for each fact; its last one is the digest of KEY.so, if there is a container
 *   KEY.so    the container
 * </pre>
 */
final class ChangeStore {
    /** How many entries are kept; those that were made first go first. */
    private static final int MOST = 256;
    private static final int LARGEST = 16 << 20;
    private static final String FORMAT = "pulpo-change 1";

    private final Path directory;
    private final FileTrust trust = FileTrust.of(Processes.effectiveUser());

    /** @param directory nobody but root and this user can change it */
    ChangeStore(Path directory) {
        this.directory = directory;
    }

    Path directory() {
        return directory;
    }

    /**
     * The key of a comparison: both contents, the debug files that say more about them, and who compares.
     *
     * @param debugFiles paths of separate debug files, which may be missing
     */
    static String key(String oldDigest, String newDigest, List<Path> debugFiles) {
        MessageDigest digest = FileCopies.sha256();
        digest.update((oldDigest + newDigest + version()).getBytes(StandardCharsets.US_ASCII));
        for (Path file : debugFiles) {
            try {
                digest.update((file + " " + Files.size(file) + " " + Files.getLastModifiedTime(file))
                        .getBytes(StandardCharsets.UTF_8));
            } catch (IOException missing) {
                digest.update((byte) 0);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** Another version of this library may find more. */
    private static String version() {
        URL own = BuildDiff.class.getResource("BuildDiff.class");
        try {
            return own == null
                    ? ""
                    : Long.toString(URI.create(own.toString()).toURL().openConnection()
                            .getLastModified());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path container(String key) {
        return directory.resolve(key + ".so");
    }

    private Path facts(String key) {
        return directory.resolve(key + ".txt");
    }

    /** What is known; empty where nothing is, or it is damaged. */
    Optional<FileChange> find(String key) {
        try {
            Path facts = facts(key);
            if (trust.weakness(facts).isPresent() || Files.size(facts) > LARGEST) {
                return Optional.empty();
            }
            List<String> lines = Arrays.asList(Files.readString(facts, StandardCharsets.US_ASCII).split("\n", -1));
            return lines.getFirst().equals(FORMAT) ? read(lines, container(key)) : Optional.empty();
        } catch (NoSuchFileException none) {
            return Optional.empty();
        } catch (IOException | RuntimeException damaged) {
            // It is made anew.
            return Optional.empty();
        }
    }

    private Optional<FileChange> read(List<String> lines, Path container) throws IOException {
        String digest = values(lines, "container").stream().findFirst().orElse("");
        boolean usable = !digest.isEmpty() && trust.weakness(container).isEmpty()
                && FileCopies.digest(container).filter(digest::equals).isPresent();
        if (!digest.isEmpty() && !usable) {
            return Optional.empty();
        }
        return Optional.of(new FileChange(only(lines, "old"), only(lines, "new"), only(lines, "digest"),
                Integer.parseInt(only(lines, "compared")), values(lines, "difference"),
                only(lines, "same").equals("true"), values(lines, "objection"), values(lines, "unchecked"),
                usable ? Optional.of(container) : Optional.empty(), only(lines, "published").equals("true")));
    }

    private static List<String> values(List<String> lines, String name) {
        return lines.stream().filter(line -> line.startsWith(name + " "))
                .map(line -> unescaped(line.substring(name.length() + 1))).toList();
    }

    private static String only(List<String> lines, String name) {
        return values(lines, name).getFirst();
    }

    /**
     * Keeps a result.
     *
     * @param made the container, in a directory of the same file system; it is moved
     * @return the same result with the container where it is kept
     */
    FileChange keep(String key, FileChange change, Optional<Path> made) throws IOException {
        List<String> lines = new ArrayList<>(List.of(FORMAT, "old " + escaped(change.oldBuild()),
                "new " + escaped(change.newBuild()), "digest " + change.newDigest(), "compared " + change.compared(),
                "same " + change.same(), "published " + change.published()));
        change.differences().forEach(text -> lines.add("difference " + escaped(text)));
        change.objections().forEach(text -> lines.add("objection " + escaped(text)));
        change.unchecked().forEach(text -> lines.add("unchecked " + escaped(text)));
        if (made.isPresent()) {
            lines.add("container " + FileCopies.digest(made.get()).orElseThrow(() -> new NoSuchFileException(
                    made.get().toString())));
            Files.setPosixFilePermissions(made.get(),
                    PosixFilePermissions.fromString(change.published() ? "rw-r--r--" : "rw-------"));
            Files.move(made.get(), container(key), StandardCopyOption.ATOMIC_MOVE);
        }
        Path partial = Files.createTempFile(directory, "facts-", ".tmp");
        try {
            Files.writeString(partial, String.join("\n", lines) + "\n", StandardCharsets.US_ASCII);
            Files.move(partial, facts(key), StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(partial);
        }
        prune();
        return new FileChange(change.oldBuild(), change.newBuild(), change.newDigest(), change.compared(),
                change.differences(), change.same(), change.objections(), change.unchecked(),
                made.map(path -> container(key)), change.published());
    }

    /** Deletes the oldest entries, and the copies of tools that were killed. */
    private void prune() throws IOException {
        FileTime yesterday = FileTime.from(Instant.now().minus(1, ChronoUnit.DAYS));
        List<Path> left;
        try (Stream<Path> files = Files.list(directory)) {
            left = files.filter(file -> file.getFileName().toString().startsWith(FileCopies.PREFIX)
                    && age(file).compareTo(yesterday) < 0).toList();
        }
        for (Path copies : left) {
            FileCopies.delete(copies);
        }
        List<Path> facts;
        try (Stream<Path> files = Files.list(directory)) {
            facts = files.filter(file -> file.toString().endsWith(".txt"))
                    .sorted(Comparator.comparing(ChangeStore::age)).toList();
        }
        for (Path oldest : facts.subList(0, Math.max(0, facts.size() - MOST))) {
            String name = oldest.getFileName().toString();
            Files.deleteIfExists(oldest);
            Files.deleteIfExists(directory.resolve(name.replace(".txt", ".so")));
        }
    }

    private static FileTime age(Path file) {
        try {
            return Files.getLastModifiedTime(file);
        } catch (IOException gone) {
            return FileTime.fromMillis(0);
        }
    }

    /** Names in files may have any bytes; a line has those of ASCII, and %XX for others. */
    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        for (byte value : RawText.encode(text)) {
            if (value >= ' ' && value < 0x7f && value != '%') {
                escaped.append((char) value);
            } else {
                escaped.append('%').append(HexFormat.of().toHexDigits(value));
            }
        }
        return escaped.toString();
    }

    private static String unescaped(String line) {
        byte[] bytes = new byte[line.length()];
        int count = 0;
        for (int i = 0; i < line.length(); i++) {
            boolean escape = line.charAt(i) == '%';
            bytes[count++] = (byte) (escape ? HexFormat.fromHexDigits(line, i + 1, i + 3) : line.charAt(i));
            i += escape ? 2 : 0;
        }
        return RawText.decode(bytes, 0, count);
    }
}
