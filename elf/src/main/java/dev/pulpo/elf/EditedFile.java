package dev.pulpo.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermission;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The beginning of a file with a few bytes changed, and new bytes after it.
 *
 * @param original the file
 * @param kept     how many bytes of it stay
 * @param patches  the changes in these bytes
 * @param tail     the new bytes after them
 */
record EditedFile(ByteSource original, long kept, List<Patch> patches, MemorySegment tail) {
    /**
     * Bytes that replace others.
     *
     * @param offset where the first one goes
     */
    record Patch(long offset, MemorySegment bytes) {
        static Patch of(long offset, byte... bytes) {
            return new Patch(offset, MemorySegment.ofArray(bytes));
        }
    }

    private static final long CHUNK = 1 << 20;
    private static final int STICKY_AND_WRITABLE = 01002;
    /** The kernel follows as many, path_resolution(7). */
    private static final int MOST_LINKS = 40;

    byte[] toBytes() {
        byte[] all = new byte[Math.toIntExact(kept + tail.byteSize())];
        MemorySegment copy = MemorySegment.ofArray(all);
        MemorySegment.copy(original.slice(0, kept), 0, copy, 0, kept);
        for (Patch patch : patches) {
            MemorySegment.copy(patch.bytes(), 0, copy, patch.offset(), patch.bytes().byteSize());
        }
        MemorySegment.copy(tail, 0, copy, kept, tail.byteSize());
        return all;
    }

    /**
     * Writes the file to the place that the path leads to, and replaces a file there.
     *
     * @throws FileSystemException if something else than a regular file is there, such as {@code /dev/null}, or if the
     * path leads through another user's link
     */
    void write(Path target) throws IOException {
        refuseLinksOfOthers(target);
        Path real = Files.exists(target) ? target.toRealPath() : target.toAbsolutePath();
        if (Files.exists(real) && !Files.isRegularFile(real)) {
            throw new FileSystemException(RawText.of(target), null,
                    "no regular file; it is not replaced. Name another output");
        }
        Path directory = Optional.ofNullable(real.getParent())
                .orElseThrow(() -> new IOException("a directory: " + RawText.of(target)));
        // Next to the target, because renaming is atomic only within a file system.
        Path temporary = Files.createTempFile(directory, ".pulpo.", ".tmp");
        boolean done = false;
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                write(channel);
                channel.force(true);
            }
            Files.setPosixFilePermissions(temporary, permissions(real));
            Files.move(temporary, real, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            done = true;
        } finally {
            if (!done) {
                Files.deleteIfExists(temporary);
            }
        }
        // The new name is on the disk only after its directory is.
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    /**
     * Applies the kernel's rule for opening files (fs.protected_symlinks, proc_sys_fs(5)): in a sticky world-writable
     * directory, a link is followed only if it belongs to the directory's owner or to the user. The kernel cannot apply
     * it here, because the file is renamed, not opened.
     */
    private static void refuseLinksOfOthers(Path target) throws IOException {
        Path link = target.toAbsolutePath();
        for (int links = 0; links < MOST_LINKS && Files.isSymbolicLink(link); links++) {
            Path directory = Optional.ofNullable(link.getParent()).orElse(link);
            int mode = (int) Files.getAttribute(directory, "unix:mode");
            Object owner = Files.getAttribute(link, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            if ((mode & STICKY_AND_WRITABLE) == STICKY_AND_WRITABLE
                    && !owner.equals(Files.getAttribute(directory, "unix:uid"))
                    && !owner.equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
                throw new FileSystemException(RawText.of(link), null, "a symbolic link of user " + owner
                        + " in a directory that everybody may write; it is not followed. Remove it, or name another output");
            }
            link = link.resolveSibling(Files.readSymbolicLink(link));
        }
    }

    private Set<PosixFilePermission> permissions(Path target) throws IOException {
        if (Files.exists(target)) {
            return Files.getPosixFilePermissions(target);
        }
        Optional<Path> source = original instanceof MappedFile mapped ? mapped.file() : Optional.empty();
        if (source.isPresent() && Files.exists(source.get())) {
            return Files.getPosixFilePermissions(source.get());
        }
        return Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE, PosixFilePermission.GROUP_READ,
                PosixFilePermission.OTHERS_READ);
    }

    private void write(FileChannel channel) throws IOException {
        for (long at = 0; at < kept; at += CHUNK) {
            writeAll(channel, original.slice(at, Math.min(CHUNK, kept - at)).asByteBuffer(), at);
        }
        for (Patch patch : patches) {
            writeAll(channel, patch.bytes().asByteBuffer(), patch.offset());
        }
        writeAll(channel, tail.asByteBuffer(), kept);
    }

    private static void writeAll(FileChannel channel, ByteBuffer bytes, long offset) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes, offset + bytes.position());
        }
    }
}
