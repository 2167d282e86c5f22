package dev.pulpo.elf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Objects;

/**
 * A file's bytes, mapped read-only and privately. Slices are views of the mapping; they fail with
 * {@link IllegalStateException} once it is closed. Any thread may read, any thread may close.
 */
public final class MappedFile implements ByteSource, AutoCloseable {
    private final Path file;
    private final Arena arena;
    private final MemorySegment bytes;

    private MappedFile(Path file, Arena arena, MemorySegment bytes) {
        this.file = file;
        this.arena = arena;
        this.bytes = bytes;
    }

    // The arena lives as long as the object does, which closes it.
    @SuppressWarnings("MustBeClosedChecker")
    static MappedFile open(Path file) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
            return new MappedFile(file, arena, bytes);
        } catch (IOException | RuntimeException failure) {
            arena.close();
            throw failure;
        }
    }

    /** The file, as it was named when it was opened. */
    public Path file() {
        return file;
    }

    @Override
    public long size() {
        return bytes.byteSize();
    }

    @Override
    public MemorySegment slice(long offset, long length) {
        Objects.checkFromIndexSize(offset, length, bytes.byteSize());
        return bytes.asSlice(offset, length);
    }

    /** Unmaps the file. Closing twice does nothing more. */
    @Override
    public synchronized void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    @Override
    public String toString() {
        return RawText.of(file);
    }
}
