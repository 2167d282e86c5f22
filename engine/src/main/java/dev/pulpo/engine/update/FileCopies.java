package dev.pulpo.engine.update;

import dev.pulpo.elf.RawText;
import dev.pulpo.ffm.OpenFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Optional;

/**
 * Copies of two builds in a directory of this user's. Their owner may write to the files, or cut them short, while they are
 * read; what was copied stays as it is, and its digest is that of what is compared.
 */
final class FileCopies implements AutoCloseable {
    /** The largest programs in use are smaller; a sparse file may have terabytes. */
    private static final long LARGEST = 512L << 20;
    private static final int CHUNK = 1 << 20;
    /** The names of the directories begin so. */
    static final String PREFIX = "compare-";

    private final Path directory;
    private final Path old;
    private final Path replacement;
    private final String oldDigest;
    private final String newDigest;

    private FileCopies(Path directory, Path old, Path replacement, String oldDigest, String newDigest) {
        this.directory = directory;
        this.old = old;
        this.replacement = replacement;
        this.oldDigest = oldDigest;
        this.newDigest = newDigest;
    }

    /**
     * Copies both.
     *
     * @param place a directory that only this user can change
     * @param name  the file's name in the process
     * @throws IOException where one cannot be read, or is too large
     */
    static FileCopies of(Path place, String name, OpenFile old, OpenFile replacement) throws IOException {
        Path directory = Files.createTempDirectory(place, PREFIX,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        try {
            Path before = Files.createDirectory(directory.resolve("old")).resolve(plain(name));
            Path after = Files.createDirectory(directory.resolve("new")).resolve(plain(name));
            return new FileCopies(directory, before, after, copy(old, before), copy(replacement, after));
        } catch (IOException | RuntimeException failed) {
            delete(directory);
            throw failed;
        }
    }

    /** A container names what it is for by its file. The process chose that name. */
    private static String plain(String path) {
        String name = path.substring(path.lastIndexOf('/') + 1);
        return name.matches("[A-Za-z0-9_][A-Za-z0-9._+-]{0,99}") ? name : "file";
    }

    private static String copy(OpenFile from, Path to) throws IOException {
        MessageDigest digest = sha256();
        try (FileChannel in = FileChannel.open(from.path(), StandardOpenOption.READ);
                OutputStream out = new DigestOutputStream(Files.newOutputStream(to, StandardOpenOption.CREATE_NEW),
                        digest)) {
            ByteBuffer chunk = ByteBuffer.allocate(CHUNK);
            long count = 0;
            while (in.read(chunk) >= 0) {
                count += chunk.position();
                if (count > LARGEST) {
                    throw new FileSystemException(RawText.of(to.getFileName()), null,
                            "too large to be compared: it has more than " + LARGEST + " bytes");
                }
                Channels.newChannel(out).write(chunk.flip());
                chunk.clear();
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    Path old() {
        return old;
    }

    Path replacement() {
        return replacement;
    }

    String oldDigest() {
        return oldDigest;
    }

    String newDigest() {
        return newDigest;
    }

    /** A text in which the copies have the name of the file. */
    String named(String text, String path) {
        return text.replace(RawText.of(old), path + " (loaded)").replace(RawText.of(replacement), path);
    }

    @Override
    public void close() throws IOException {
        delete(directory);
    }

    static void delete(Path directory) throws IOException {
        try (java.util.stream.Stream<Path> all = Files.walk(directory)) {
            for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    /** The digest of a file of this user's; empty where it cannot be read. */
    static Optional<String> digest(Path file) {
        try {
            return Optional.of(HexFormat.of().formatHex(sha256().digest(Files.readAllBytes(file))));
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }
}
