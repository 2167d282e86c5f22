package dev.pulpo.elf;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Opens files by untrusted names. Only regular files have a size and an end; opening a FIFO blocks until another process
 * opens it for writing (fifo(7)), and opening a device may have any effect.
 */
public final class InputFile {
    /** The file type in {@code st_mode} (inode(7)). */
    private static final int TYPE = 0170000;

    private InputFile() {}

    /**
     * Opens a regular file.
     *
     * @param largest how many bytes it may have
     * @throws FileSystemException if it is not a regular file, or is too large
     */
    public static FileChannel open(Path file, long largest) throws IOException {
        // Check before opening because of FIFOs, and afterwards because the file may have been replaced in between.
        require(file, largest);
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            check(file, "", channel.size(), largest);
            return channel;
        } catch (IOException | RuntimeException failure) {
            channel.close();
            throw failure;
        }
    }

    /**
     * Checks a file without opening it.
     *
     * @param largest how many bytes it may have
     * @throws FileSystemException if it is not a regular file, or is larger
     */
    public static void require(Path file, long largest) throws IOException {
        check(file, kind((Integer) Files.getAttribute(file, "unix:mode")), Files.size(file), largest);
    }

    /**
     * Reads all bytes of a regular file.
     *
     * @param largest how many bytes it may have
     * @throws FileSystemException if it is not a regular file, or is too large
     */
    public static byte[] read(Path file, int largest) throws IOException {
        try (FileChannel channel = open(file, largest)) {
            byte[] bytes = java.nio.channels.Channels.newInputStream(channel).readNBytes(largest + 1);
            check(file, "", bytes.length, largest);
            return bytes;
        }
    }

    private static void check(Path file, String kind, long size, long largest) throws FileSystemException {
        if (!kind.isEmpty()) {
            throw new FileSystemException(RawText.of(file), null, "is " + kind + ", not a regular file");
        }
        if (size > largest) {
            throw new FileSystemException(RawText.of(file), null,
                    "is too large to be read: " + size + " bytes, and the limit is " + largest);
        }
    }

    /** The kind of a file in words; empty for a regular file. */
    private static String kind(int mode) {
        return switch (mode & TYPE) {
            case 0100000 -> "";
            case 0040000 -> "a directory";
            case 0010000 -> "a FIFO";
            case 0020000, 0060000 -> "a device";
            case 0140000 -> "a socket";
            default -> "something else";
        };
    }
}
