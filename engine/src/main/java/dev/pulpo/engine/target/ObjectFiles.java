package dev.pulpo.engine.target;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.InputFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.MappedFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.ffm.FileStatus;
import dev.pulpo.ffm.OpenFile;
import dev.pulpo.ffm.ResourceLimit;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The files that processes are made of, opened as those processes see them. So deleted and replaced files and other mount
 * namespaces work. The most recently used ones stay open, for the next process that maps them. Thread-safe.
 */
public final class ObjectFiles {
    private static final int MOST_OPEN = 128;

    /** Identifies a file, and the version of its content. */
    private record Key(FileStatus status, ReadLimits limits) {}

    private static final Map<Key, ElfFile> OPEN = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, ElfFile> eldest) {
            // Dropped, not closed: it may still be in use. Its mapping ends with its last user.
            return size() > MOST_OPEN;
        }
    };

    private ObjectFiles() {}

    /**
     * Opens the file of a mapping.
     *
     * @return empty where it cannot be reached, or is no ELF file
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    public static Optional<ElfFile> open(TargetFiles files, Mapping mapping) {
        Optional<OpenFile> found = files.mapped(mapping);
        if (found.isEmpty()) {
            return Optional.empty();
        }
        try (OpenFile file = found.get()) {
            return Optional.of(open(file, mapping.path(), ReadLimits.PROCESS));
        } catch (IOException | MalformedElfException unusable) {
            // A caller that needs the file reports that it is missing.
            return Optional.empty();
        }
    }

    /**
     * Opens an ELF file, or returns it if it is open. It needs no closing.
     *
     * @throws IOException                       where it cannot be read
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
        InputFile.require(file, ReadLimits.USER.fileBytes());
        try (OpenFile found = OpenFile.own(RawText.encode(RawText.of(file)), RawText.of(file));
                OpenFile readable = found.readable()) {
            return open(readable, name, ReadLimits.USER);
        }
    }

    /** As the other, for an open descriptor. */
    static ElfFile open(OpenFile file, String name, ReadLimits limits) throws IOException {
        Key key = new Key(file.status(), limits);
        synchronized (OPEN) {
            ElfFile known = OPEN.get(key);
            if (known != null) {
                return known;
            }
        }
        ElfFile opened = ElfFile.of(mapped(file, name, limits.fileBytes()), limits);
        synchronized (OPEN) {
            OPEN.putIfAbsent(key, opened);
        }
        return opened;
    }

    /**
     * Maps an open file.
     *
     * @param largest limit of its size, in bytes
     * @throws IOException where it is larger, or cannot be mapped
     */
    static MappedFile mapped(OpenFile file, String name, long largest) throws IOException {
        try (FileChannel channel = FileChannel.open(file.path(), StandardOpenOption.READ)) {
            if (channel.size() > largest) {
                throw new FileSystemException(name, null, "too large to be read: it has " + channel.size()
                        + " bytes, and the limit is " + largest);
            }
            return MappedFile.of(channel, name);
        }
    }
}
