package dev.pulpo.stub;

import java.io.IOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;

/**
 * The directory of the stub's file. Processes load it from there, including those of root, so only root and the user may
 * be able to change it: the permissions are set when it is made, whatever the umask, and checked when it is used.
 */
final class StubCache {
    static final Set<PosixFilePermission> LIBRARY = PosixFilePermissions.fromString("rwxr-xr-x");
    static final Set<PosixFilePermission> TEXT = PosixFilePermissions.fromString("rw-r--r--");

    /** Processes of other users load root's stub. */
    private static final Set<PosixFilePermission> ROOTS_DIRECTORY = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final Set<PosixFilePermission> USERS_DIRECTORY = PosixFilePermissions.fromString("rwx------");

    private final Path cache;
    private final int user;
    private final FileTrust trust;

    StubCache(Path cache, int user) {
        this.cache = cache.toAbsolutePath();
        this.user = user;
        trust = FileTrust.of(user);
    }

    /**
     * The path of a file with this content, which is written if it is missing.
     *
     * @param version the name of its directory
     */
    Path file(String name, byte[] bytes, String version, Set<PosixFilePermission> permissions) throws IOException {
        // From here on no other user can change the content of the directory.
        Path directory = directory(version);
        Path file = directory.resolve(name);
        Optional<FileTrust.Weakness> weakness = Files.exists(file, LinkOption.NOFOLLOW_LINKS)
                ? trust.weakness(file)
                : Optional.empty();
        if (weakness.isEmpty() && holds(file, bytes)) {
            return file;
        }
        if (weakness.isPresent() && !isOurs(directory)) {
            throw new UntrustedFileException(file, weakness.get());
        }
        write(file, bytes, permissions);
        return file;
    }

    /**
     * A directory below the cache that nobody but root and the user can change. It is made if it is missing.
     *
     * @throws UntrustedFileException if another user could change it
     */
    Path directory(String name) throws IOException {
        Path directory = cache.resolve(name);
        make(directory);
        check(cache);
        check(directory);
        return directory;
    }

    /** Makes directories one by one, each only if no other user can replace it. */
    private void make(Path directory) throws IOException {
        Path parent = directory.getParent();
        if (parent == null || Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        make(parent);
        Optional<FileTrust.Weakness> weakness = trust.weaknessOfNewIn(parent);
        if (weakness.isPresent()) {
            throw new UntrustedFileException(directory, weakness.get());
        }
        Set<PosixFilePermission> permissions = user == 0 ? ROOTS_DIRECTORY : USERS_DIRECTORY;
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(permissions));
        } catch (FileAlreadyExistsException e) {
            // Another process has made it meanwhile; whether it can be used is checked later.
            return;
        }
        // The umask may have removed permissions.
        Files.setPosixFilePermissions(directory, permissions);
    }

    private void check(Path directory) throws IOException {
        Optional<FileTrust.Weakness> weakness = trust.weakness(directory);
        if (weakness.isPresent()) {
            throw new UntrustedFileException(directory, weakness.get());
        }
    }

    private boolean isOurs(Path directory) throws IOException {
        return Files.getAttribute(directory, "unix:uid").equals(user);
    }

    private static boolean holds(Path file, byte[] bytes) throws IOException {
        return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == bytes.length
                && Arrays.equals(Files.readAllBytes(file), bytes);
    }

    private static void write(Path file, byte[] bytes, Set<PosixFilePermission> permissions) throws IOException {
        Path partial = Files.createTempFile(file.getParent(), file.getFileName().toString(), ".tmp");
        try {
            Files.write(partial, bytes);
            Files.setPosixFilePermissions(partial, permissions);
            move(partial, file);
        } finally {
            Files.deleteIfExists(partial);
        }
    }

    private static void move(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(from, to, StandardCopyOption.REPLACE_EXISTING);
        }
    }
}
