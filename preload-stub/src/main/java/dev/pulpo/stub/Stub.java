package dev.pulpo.stub;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.zip.CRC32;
import java.util.zip.CRC32C;
import java.util.zip.Checksum;

/** The stub's shared library, {@code libpulpo.so}. Thread-safe. */
public final class Stub {
    /** The library's file name and SONAME. */
    public static final String NAME = "libpulpo.so";
    /** The file name and SONAME of the library with the thread word. */
    public static final String THREAD_NAME = "libpulpo-thread.so";
    /** The header for the sources of patches. */
    public static final String HEADER = "pulpo.h";

    private Stub() {}

    /** Every process that gets the stub needs it. */
    private static final class Library {
        private static final byte[] BYTES = resource(NAME);
        private static final String DIRECTORY = name(BYTES);
    }

    /** The whole library. */
    public static byte[] bytes() {
        return Library.BYTES.clone();
    }

    /** The whole library {@link #THREAD_NAME}. */
    public static byte[] threadWordBytes() {
        return resource(THREAD_NAME);
    }

    private static byte[] resource(String name) {
        try (InputStream resource = Stub.class.getResourceAsStream(name)) {
            if (resource == null) {
                throw new IllegalStateException(name + " is missing beside " + Stub.class.getName()
                        + "; build the module preload-stub");
            }
            return resource.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Writes the library, readable by everybody, to a directory of its own below {@code cache}, unless it is there. The
     * directory's name depends on the file's content, so versions do not collide, and processes keep older versions that
     * they have mapped. Only root and the user can change the file or redirect its path.
     *
     * @param user the effective user, who owns the new files
     * @return the library's path
     * @throws UntrustedFileException if another user could change the file
     * @throws IOException            if the directory cannot be written
     */
    public static Path extract(Path cache, int user) throws IOException {
        return new StubCache(cache, user).file(NAME, Library.BYTES, Library.DIRECTORY, StubCache.LIBRARY);
    }

    /**
     * As {@link #extract}, the library {@link #THREAD_NAME}.
     *
     * @param user the effective user
     * @return the library's path
     * @throws IOException as {@link #extract}
     */
    public static Path extractThreadWord(Path cache, int user) throws IOException {
        byte[] bytes = resource(THREAD_NAME);
        return new StubCache(cache, user).file(THREAD_NAME, bytes, name(bytes), StubCache.LIBRARY);
    }

    /**
     * As {@link #extract}, the header with which patches call what they replace.
     *
     * @param user the effective user
     * @return the header's path
     * @throws IOException as {@link #extract}
     */
    public static Path extractHeader(Path cache, int user) throws IOException {
        byte[] bytes = resource(HEADER);
        return new StubCache(cache, user).file(HEADER, bytes, name(bytes), StubCache.TEXT);
    }

    /**
     * A directory below {@code cache} for other files that processes load. It is made if it is missing.
     *
     * @param user the effective user, who owns it
     * @throws UntrustedFileException if another user could change it
     * @throws IOException            if it cannot be made
     */
    public static Path directory(Path cache, int user, String name) throws IOException {
        return new StubCache(cache, user).directory(name);
    }

    /**
     * 64 bits that differ between contents, unless a collision is forged; so the caller compares the content, too. A
     * message digest takes a cold JVM ten times as long, because it looks for a provider and runs interpreted.
     */
    private static String name(byte[] bytes) {
        return HexFormat.of().toHexDigits(checksum(new CRC32(), bytes) << 32 | checksum(new CRC32C(), bytes));
    }

    private static long checksum(Checksum checksum, byte[] bytes) {
        checksum.update(bytes);
        return checksum.getValue();
    }
}
