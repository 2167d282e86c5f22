package dev.pulpo.elf;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A file's bytes, mapped read-only and privately. Any thread may read or close it. Slices are views of the mapping. If
 * the file was opened by its path, they fail with {@link IllegalStateException} after it is closed; otherwise the mapping
 * lives as long as any slice.
 */
public final class MappedFile implements ByteSource, AutoCloseable {
    private final String name;
    private final @Nullable Path file;
    private final @Nullable Arena closed;
    private final MemorySegment bytes;

    private MappedFile(String name, @Nullable Path file, @Nullable Arena closed, MemorySegment bytes) {
        this.name = name;
        this.file = file;
        this.closed = closed;
        this.bytes = bytes;
    }

    // The object closes the arena.
    @SuppressWarnings("MustBeClosedChecker")
    static MappedFile open(Path file, long largest) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = InputFile.open(file, largest)) {
            MemorySegment bytes = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
            return new MappedFile(RawText.of(file), file, arena, bytes);
        } catch (IOException | RuntimeException failure) {
            arena.close();
            throw failure;
        }
    }

    /**
     * Maps an open file. The channel may be closed afterwards.
     *
     * @param name what to call the file in messages
     * @throws IOException if it cannot be mapped
     */
    public static MappedFile of(FileChannel channel, String name) throws IOException {
        return new MappedFile(name, null, null,
                channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
    }

    /** What the file is called in messages. */
    public String name() {
        return name;
    }

    /** The path by which the file was opened; empty if it was opened otherwise. */
    public Optional<Path> file() {
        return Optional.ofNullable(file);
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

    /** Unmaps a file that was opened by its path. Closing again has no effect. */
    @Override
    public synchronized void close() {
        if (closed != null && closed.scope().isAlive()) {
            closed.close();
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
