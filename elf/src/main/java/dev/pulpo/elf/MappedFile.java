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
 * A file's bytes, mapped read-only and privately. Any thread may read, any thread may close. Slices are views of the
 * mapping: of a file that was opened by its path they fail with {@link IllegalStateException} once it is closed; of another
 * one they keep the mapping, which goes with the last of them.
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

    // The arena lives as long as the object does, which closes it.
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
     * Maps a file that is open. The channel may be closed then.
     *
     * @param name what to call the file in messages
     * @throws IOException where it cannot be mapped
     */
    public static MappedFile of(FileChannel channel, String name) throws IOException {
        return new MappedFile(name, null, null,
                channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
    }

    /** What the file is called in messages. */
    public String name() {
        return name;
    }

    /** The file, as it was named when it was opened; empty where it was not opened by a path. */
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

    /** Unmaps a file that was opened by its path. Closing twice does nothing more. */
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
