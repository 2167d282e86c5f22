package dev.pulpo.engine;

import dev.pulpo.ffm.Processes;
import dev.pulpo.stub.Stub;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The stub as a file, for {@code LD_PRELOAD} and for injection. It is written once into a cache directory:
 * {@code PULPO_CACHE} where that is set, {@code /var/cache/pulpo} for root (whose home others cannot read),
 * {@code XDG_CACHE_HOME/pulpo} or {@code ~/.cache/pulpo} for others.
 */
public final class StubFile {
    private StubFile() {}

    /**
     * The stub's path; the file is there and whole.
     *
     * @throws UncheckedIOException where it cannot be written
     */
    public static Path path() {
        Path cache = cache();
        try {
            return Stub.extract(cache);
        } catch (IOException e) {
            throw unwritable("the stub", cache, e);
        }
    }

    /**
     * The path of the library that gives every thread of a process a word of its own.
     *
     * @throws UncheckedIOException where it cannot be written
     */
    public static Path threadWord() {
        Path cache = cache();
        try {
            return Stub.extractThreadWord(cache);
        } catch (IOException e) {
            throw unwritable(Stub.THREAD_NAME, cache, e);
        }
    }

    /**
     * The path of {@code pulpo.h}, the header with which a patch calls what it replaces.
     *
     * @throws UncheckedIOException where it cannot be written
     */
    public static Path header() {
        Path cache = cache();
        try {
            return Stub.extractHeader(cache);
        } catch (IOException e) {
            throw unwritable(Stub.HEADER, cache, e);
        }
    }

    private static UncheckedIOException unwritable(String what, Path cache, IOException cause) {
        return new UncheckedIOException(what + " cannot be written below " + cache
                + "; set PULPO_CACHE to a directory that can be", cause);
    }

    private static Path cache() {
        String own = System.getenv("PULPO_CACHE");
        if (own != null && !own.isEmpty()) {
            return Path.of(own);
        }
        if (Processes.effectiveUser() == 0) {
            return Path.of("/var/cache/pulpo");
        }
        String xdg = System.getenv("XDG_CACHE_HOME");
        return xdg == null || xdg.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "pulpo")
                : Path.of(xdg, "pulpo");
    }
}
