package dev.pulpo.examples.terminal;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/** The version that was built. The POM says it; Maven writes it into the resource {@code version}. */
public final class BuildVersion {
    /** A version that has yet to come out says so in the POM. */
    private static final String SNAPSHOT = "-SNAPSHOT";

    private BuildVersion() {}

    /** As people write it: {@code 0.1.0}. */
    public static String text() {
        try (InputStream in = Objects.requireNonNull(BuildVersion.class.getResourceAsStream("version"))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip().replace(SNAPSHOT, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
