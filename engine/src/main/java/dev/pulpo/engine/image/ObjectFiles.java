package dev.pulpo.engine.image;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.ffm.ResourceLimit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The files that processes are made of, opened as those processes see them, so that deleted and replaced files and other
 * mount namespaces work. The most recently used ones stay open, for the next process that maps them. Thread-safe.
 */
public final class ObjectFiles {
    private static final int KEPT = 128;

    /** What a file is known by: which one it is, and whether it was changed in place. */
    private record Key(Map<String, Object> attributes) {}

    private static final Map<Key, ElfFile> OPEN = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, ElfFile> eldest) {
            // Dropped, not closed: somebody may still read it. Its mapping goes when the last reader has gone.
            return size() > KEPT;
        }
    };

    private ObjectFiles() {}

    /**
     * Opens the file behind a mapping of a process: through {@code map_files}, which leads to the very file, or by its
     * name in the process's root directory where the file that is there is the one that is mapped.
     *
     * @return empty where neither works or it is no ELF file
     */
    public static Optional<ElfFile> open(int pid, int tid, Mapping mapping) {
        Path exact = ProcFs.process(pid).resolve("map_files").resolve(mapping.rangeName());
        Optional<ElfFile> opened = tryOpen(exact, mapping.path());
        if (opened.isPresent()) {
            return opened;
        }
        Path named = inRoot(pid, tid, mapping.path());
        return isInode(named, mapping.inode()) ? tryOpen(named, mapping.path()) : Optional.empty();
    }

    /** The path by which this process reaches what the target reaches under {@code path}. */
    public static Path inRoot(int pid, int tid, String path) {
        return RawText.path(ProcFs.thread(pid, tid).resolve("root") + "/" + path);
    }

    static boolean isInode(Path file, long inode) {
        try {
            return (Long) Files.getAttribute(file, "unix:ino") == inode;
        } catch (IOException absent) {
            return false;
        }
    }

    private static Optional<ElfFile> tryOpen(Path file, String name) {
        try {
            return Optional.of(open(file, name));
        } catch (IOException | MalformedElfException unusable) {
            // Another way to the file may work, and whoever needs it reports that none did.
            return Optional.empty();
        }
    }

    /**
     * Opens an ELF file, or returns it where it is open already. It needs no closing.
     *
     * @throws IOException where it cannot be read
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    public static ElfFile open(Path file, String name) throws IOException {
        try {
            return openAsItIs(file, name);
        } catch (NoSuchFileException | AccessDeniedException e) {
            throw e;
        } catch (FileSystemException e) {
            throw ResourceLimit.explained(file, e);
        }
    }

    private static ElfFile openAsItIs(Path file, String name) throws IOException {
        Key key = new Key(Files.readAttributes(file, "unix:dev,ino,size,ctime"));
        synchronized (OPEN) {
            ElfFile known = OPEN.get(key);
            if (known != null) {
                return known;
            }
        }
        ElfFile opened;
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            opened = ElfFile.of(ByteSource.of(
                    channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto())), name);
        }
        synchronized (OPEN) {
            OPEN.putIfAbsent(key, opened);
        }
        return opened;
    }
}
