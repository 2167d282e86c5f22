package dev.pulpo.engine.store;

import dev.pulpo.elf.RawText;
import dev.pulpo.ffm.Processes;
import dev.pulpo.stub.FileTrust;
import dev.pulpo.stub.UntrustedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The directory of a store. Nobody but its user may look into it: mode and owner are set when it is made, whatever the umask,
 * and checked whenever it is used. A change is prepared under another name, written to the disk (fsync(2)), and renamed; so
 * what a reader finds, or a later tool after a kill or a power failure, is either as before or as after it. Thread-safe.
 */
public final class StoreDirectory {
    /** Directories that a change is prepared in, or that are about to be deleted. Entries have no such names. */
    private static final String UNFINISHED = ".unfinished-";
    private static final String LOCK = ".lock";
    private static final String WATCHER = ".watcher";
    private static final int ONLY_OWNER = 0700;
    private static final int PERMISSIONS = 07777;
    private static final int LARGEST = 1 << 30;

    private static final Set<PosixFilePermission> DIRECTORY = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");

    /** The lock of a file belongs to the JVM (fcntl(2)); this one excludes its threads. */
    private static final ReentrantLock THREADS = new ReentrantLock();
    /** The stores that this JVM watches. */
    private static final Set<Path> WATCHED = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final int user = Processes.effectiveUser();

    public StoreDirectory(Path path) {
        this.path = path.toAbsolutePath().normalize();
    }

    public Path path() {
        return path;
    }

    /** Work on the directory. */
    @FunctionalInterface
    public interface Work<T> {
        T run() throws IOException;
    }

    /**
     * Whether the directory is there.
     *
     * @throws UntrustedFileException where another user could change it
     * @throws IOException            where others may look into it, or it is no directory
     */
    public boolean exists() throws IOException {
        if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        check();
        return true;
    }

    private void check() throws IOException {
        if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileSystemException(RawText.of(path), null, RawText.of(path) + " is no directory");
        }
        Optional<FileTrust.Weakness> weakness = FileTrust.of(user).weakness(path);
        if (weakness.isPresent()) {
            throw new UntrustedFileException(path, weakness.get());
        }
        Map<String, Object> attributes = Files.readAttributes(path, "unix:uid,mode", LinkOption.NOFOLLOW_LINKS);
        int mode = (int) attributes.getOrDefault("mode", 0) & PERMISSIONS;
        if (!attributes.getOrDefault("uid", -1).equals(user) || (mode & ~ONLY_OWNER) != 0) {
            throw new FileSystemException(RawText.of(path), null, RawText.of(path) + " belongs to user "
                    + attributes.get("uid") + " and has mode " + Integer.toOctalString(mode)
                    + "; it must belong to user " + user + " alone: chmod 700 " + RawText.of(path));
        }
    }

    /** Makes the directory and those above it, unless they are there. */
    private void make() throws IOException {
        if (!exists()) {
            Path parent = path.getParent();
            if (parent == null) {
                throw new FileSystemException(RawText.of(path), null, "a store needs a directory of its own");
            }
            if (!Files.exists(parent)) {
                Files.createDirectories(parent, PosixFilePermissions.asFileAttribute(
                        PosixFilePermissions.fromString("rwxr-xr-x")));
            }
            Optional<FileTrust.Weakness> weakness = FileTrust.of(user).weaknessOfNewIn(parent);
            if (weakness.isPresent()) {
                throw new UntrustedFileException(path, weakness.get());
            }
            makeDirectory(path);
            sync(parent);
            check();
        }
    }

    private static void makeDirectory(Path directory) throws IOException {
        try {
            Files.createDirectory(directory, PosixFilePermissions.asFileAttribute(DIRECTORY));
        } catch (FileAlreadyExistsException e) {
            if (!Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
                throw e;
            }
            // Another tool has made it meanwhile; it is checked before it is used.
            return;
        }
        // The umask may have removed permissions.
        Files.setPosixFilePermissions(directory, DIRECTORY);
    }

    /**
     * Changes the store, while no other tool does. Makes the directory if it is missing, and first deletes what a killed tool
     * has left unfinished.
     */
    public <T> T change(Work<T> work) throws IOException {
        THREADS.lock();
        try {
            make();
            try (FileChannel channel = lockFile(LOCK)) {
                FileLock lock = channel.lock();
                try {
                    for (Path unfinished : list(UNFINISHED + "*")) {
                        delete(unfinished);
                    }
                    return work.run();
                } finally {
                    lock.release();
                }
            }
        } finally {
            THREADS.unlock();
        }
    }

    /**
     * Becomes the only watcher of the store, until the result is closed or this process ends in any way.
     *
     * @return empty where there is another one
     */
    public Optional<AutoCloseable> watch() throws IOException {
        make();
        Path real = path.toRealPath();
        // To close another channel of the file would give up the lock, which belongs to the JVM.
        if (!WATCHED.add(real)) {
            return Optional.empty();
        }
        boolean isWatcher = false;
        try {
            FileChannel channel = lockFile(WATCHER);
            try {
                isWatcher = channel.tryLock() != null;
            } finally {
                if (!isWatcher) {
                    channel.close();
                }
            }
            return isWatcher ? Optional.of(() -> {
                if (channel.isOpen()) {
                    channel.close();
                    WATCHED.remove(real);
                }
            }) : Optional.empty();
        } finally {
            if (!isWatcher) {
                WATCHED.remove(real);
            }
        }
    }

    private FileChannel lockFile(String name) throws IOException {
        return FileChannel.open(path.resolve(name), Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE,
                LinkOption.NOFOLLOW_LINKS), PosixFilePermissions.asFileAttribute(FILE));
    }

    /** The directories of the entries, in the order of their names. */
    public List<Path> entries() throws IOException {
        return exists() ? list("[!.]*") : List.of();
    }

    private List<Path> list(String names) throws IOException {
        List<Path> found = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(path, names)) {
            for (Path entry : entries) {
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    found.add(entry);
                }
            }
        }
        return found.stream().sorted().toList();
    }

    /** Adds an entry, or replaces the one of that name; within {@link #change}. */
    void put(String name, Map<String, byte[]> files) throws IOException {
        Path unfinished = path.resolve(UNFINISHED + name);
        makeDirectory(unfinished);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            write(unfinished.resolve(file.getKey()), file.getValue());
        }
        sync(unfinished);
        Files.move(unfinished, path.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        sync(path);
    }

    /** Replaces a file of an entry; within {@link #change}. */
    void replace(Path entry, String file, byte[] content) throws IOException {
        Path unfinished = path.resolve(UNFINISHED + entry.getFileName());
        makeDirectory(unfinished);
        Path next = unfinished.resolve(file);
        write(next, content);
        Files.move(next, entry.resolve(file), StandardCopyOption.ATOMIC_MOVE);
        sync(entry);
        delete(unfinished);
    }

    /** Removes an entry; within {@link #change}. */
    void remove(Path entry) throws IOException {
        Path unfinished = path.resolve(UNFINISHED + entry.getFileName());
        Files.move(entry, unfinished, StandardCopyOption.ATOMIC_MOVE);
        sync(path);
        delete(unfinished);
    }

    /** Reads a file of an entry, which must not be a link. */
    static byte[] read(Path file) throws IOException {
        try (SeekableByteChannel channel = Files.newByteChannel(file,
                Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS))) {
            if (channel.size() > LARGEST) {
                throw new FileSystemException(RawText.of(file), null, RawText.of(file) + " is too large");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) channel.size());
            while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
                // A read may return a part.
            }
            return bytes.array();
        }
    }

    private static void write(Path file, byte[] content) throws IOException {
        try (FileChannel channel = FileChannel.open(file, Set.of(StandardOpenOption.CREATE_NEW,
                StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS), PosixFilePermissions.asFileAttribute(FILE))) {
            ByteBuffer bytes = ByteBuffer.wrap(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** Writes the names in a directory to the disk: fsync(2) of a file does not. */
    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /** Deletes a directory of files. */
    private static void delete(Path directory) throws IOException {
        try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
            for (Path file : files) {
                Files.deleteIfExists(file);
            }
        } catch (NoSuchFileException gone) {
            return;
        }
        Files.deleteIfExists(directory);
    }
}
