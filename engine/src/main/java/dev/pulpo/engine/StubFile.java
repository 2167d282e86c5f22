package dev.pulpo.engine;

import dev.pulpo.ffm.Processes;
import dev.pulpo.stub.Stub;
import dev.pulpo.stub.UntrustedFileException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;

/**
 * The stub as a file, for {@code LD_PRELOAD} and for injection. It is written once into a cache directory: that of the
 * system property {@link #CACHE_PROPERTY}, which a program can set, or the environment's {@code PULPO_CACHE}; if neither
 * is set, {@code /var/cache/pulpo} for root (whose home others cannot read), {@code XDG_CACHE_HOME/pulpo} or {@code
 * ~/.cache/pulpo} for others. A directory that another user could change is refused. Thread-safe.
 */
public final class StubFile {
    /**
     * The system property that names the cache directory. It is read whenever a file is asked for, so a program sets it
     * before its first operation; files that were written elsewhere before stay there, and processes keep them.
     */
    public static final String CACHE_PROPERTY = "pulpo.cache";

    private static final String CACHE_VARIABLE = "PULPO_CACHE";

    private StubFile() {}

    private interface Extraction {
        Path extract(Path cache, int user) throws IOException;
    }

    /**
     * The stub's path. The file is complete, and only root and this user can change it.
     *
     * @throws UncheckedIOException where it cannot be written, or another user could change it
     */
    public static Path path() {
        return extracted("the stub", Stub::extract);
    }

    /**
     * The path of the library that gives every thread of a process the thread word.
     *
     * @throws UncheckedIOException as {@link #path}
     */
    public static Path threadWord() {
        return extracted(Stub.THREAD_NAME, Stub::extractThreadWord);
    }

    /**
     * The path of {@code pulpo.h}, the header by which a patch calls originals.
     *
     * @throws UncheckedIOException as {@link #path}
     */
    public static Path header() {
        return extracted(Stub.HEADER, Stub::extractHeader);
    }

    /**
     * A directory of the cache for other files that processes load. Only root and this user can change it.
     *
     * @throws UncheckedIOException as {@link #path}
     */
    static Path directory(String name) {
        return extracted("the directory " + name, (cache, user) -> Stub.directory(cache, user, name));
    }

    private static Path extracted(String what, Extraction extraction) {
        Path cache = cache();
        try {
            return extraction.extract(cache, Processes.effectiveUser());
        } catch (UntrustedFileException e) {
            throw new UncheckedIOException(what + " has no safe place: " + e.getMessage()
                    + ", or set " + setting() + " to a directory that nobody else can change", e);
        } catch (IOException e) {
            throw new UncheckedIOException(what + " cannot be written below " + cache
                    + "; set " + setting() + " to a directory that can be", e);
        }
    }

    /** What decides where the cache is, and so what would help. */
    private static String setting() {
        return System.getProperty(CACHE_PROPERTY, "").isEmpty() ? CACHE_VARIABLE : CACHE_PROPERTY;
    }

    private static Path cache() {
        String ofProgram = System.getProperty(CACHE_PROPERTY, "");
        if (!ofProgram.isEmpty()) {
            return Path.of(ofProgram);
        }
        String own = System.getenv(CACHE_VARIABLE);
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
