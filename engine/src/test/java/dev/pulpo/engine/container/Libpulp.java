package dev.pulpo.engine.container;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/** The tools of libpulp, where they are at hand: on the PATH, or where the variable {@code LIBPULP_ULP} says. */
public final class Libpulp {
    private Libpulp() {}

    /** The program {@code ulp}; skips the test where there is none, as it is in no distribution but one. */
    public static String ulp() {
        Optional<Path> found = Stream.concat(
                Stream.ofNullable(System.getenv("LIBPULP_ULP")),
                Stream.of(System.getenv("PATH").split(":")).map(directory -> directory + "/ulp"))
                .map(Path::of).filter(Files::isExecutable).findFirst();
        Assumptions.assumeTrue(found.isPresent(), "no ulp on the PATH, and LIBPULP_ULP does not name one");
        return found.orElseThrow().toString();
    }

    /** Its library, which processes carry; skips the test where it does not lie beside the program. */
    public static String library() {
        Path library = Path.of(ulp()).toAbsolutePath().resolve("../../lib/libpulp.so.0").normalize();
        Assumptions.assumeTrue(Files.isReadable(library), "no " + library);
        return library.toString();
    }
}
