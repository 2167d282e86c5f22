package dev.pulpo.engine.image;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The PID namespace in which this process sees others (pid_namespaces(7)). */
public final class PidNamespace {
    private static final Path OWN = Path.of("/proc/self/ns/pid");

    private PidNamespace() {}

    /** Its number: the inode of its file (namespaces(7)). */
    public static long own() {
        try {
            return (long) Files.getAttribute(OWN, "unix:ino");
        } catch (IOException e) {
            throw new UncheckedIOException(OWN + " names the namespace in which process ids hold", e);
        }
    }
}
