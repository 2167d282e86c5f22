package dev.pulpo.stub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StubTest {
    private static final Path SCRIPT = Path.of("src/main/c/build.sh").toAbsolutePath();

    @Test
    void extractsOnceAndRepairsADamagedCopy(@TempDir Path cache) throws Exception {
        Path file = Stub.extract(cache, user(cache));
        assertThat(file).hasFileName(Stub.NAME).hasBinaryContent(Stub.bytes());
        assertThat(Stub.extract(cache, user(cache))).isEqualTo(file);
        Files.write(file, new byte[]{1});
        assertThat(Stub.extract(cache, user(cache))).isEqualTo(file).hasBinaryContent(Stub.bytes());
        assertThat(file.getParent()).isDirectoryNotContaining("glob:**.tmp");
    }

    private static int user(Path own) throws IOException {
        return (int) Files.getAttribute(own, "unix:uid");
    }

    @Test
    void sameSourcesElsewhereGiveTheSameBytes(@TempDir Path elsewhere) throws Exception {
        try (var sources = Files.list(SCRIPT.getParent())) {
            for (Path source : (Iterable<Path>) sources::iterator) {
                Files.copy(source, elsewhere.resolve(source.getFileName().toString()));
            }
        }
        Path built = elsewhere.resolve("out/libpulpo.so");
        Process build = new ProcessBuilder(elsewhere.resolve("build.sh").toString(), built.toString()).inheritIO()
                .start();
        assertThat(build.waitFor()).isZero();
        assertThat(built).hasBinaryContent(Stub.bytes());
        assertThat(built.resolveSibling(Stub.THREAD_NAME)).exists();
    }

    /** Its word lies where no function has to be asked for it; the stub itself takes no such room from anybody. */
    @Test
    void onlyTheThreadWordTakesStaticThreadLocalStorage(@TempDir Path cache) throws Exception {
        assertThat(dynamic(Stub.extractThreadWord(cache, user(cache)))).contains("STATIC_TLS");
        assertThat(dynamic(Stub.extract(cache, user(cache)))).doesNotContain("STATIC_TLS").doesNotContain("TLS");
    }

    /** Program headers and dynamic section, as readelf shows them. */
    private static String dynamic(Path file) throws Exception {
        Process readelf = new ProcessBuilder("readelf", "-ldW", file.toString()).start();
        return new String(readelf.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
    }

    /** Among the classes that are being tested. */
    private static Path built() throws Exception {
        return Path.of(Objects.requireNonNull(Stub.class.getResource(Stub.NAME)).toURI());
    }

    @Test
    void interposesNothing() throws Exception {
        Path built = built();
        Process nm = new ProcessBuilder("nm", "-D", "--defined-only", built.toString()).start();
        assertThat(new String(nm.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8).lines())
                .singleElement().asString().endsWith(" D " + StubLayout.SYMBOL);
    }

    /** Whatever it was built with, it loads where the C library is of 2011 or later. */
    @Test
    void needsNoNewCLibrary() throws Exception {
        Process objdump = new ProcessBuilder("objdump", "-T", built().toString()).start();
        String symbols = new String(objdump.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(Pattern.compile("GLIBC_2\\.([0-9]+)").matcher(symbols).results()
                .map(version -> Integer.parseInt(version.group(1)))).isNotEmpty().allMatch(version -> version <= 14);
    }

    /** It loads where text cannot be written, and into the C library when that is started as a program. */
    @Test
    void needsNothingPrivateAndNoTextRelocations() throws Exception {
        String built = built().toString();
        assertThat(run(new ProcessBuilder("readelf", "-W", "-d", "-V", built))).contains("GLIBC_2.")
                .doesNotContain("TEXTREL", "GLIBC_PRIVATE");
        ProcessBuilder libc = new ProcessBuilder("sh", "-c", "exec \"$(gcc -print-file-name=libc.so.6)\"");
        libc.environment().put("LD_PRELOAD", built);
        assertThat(run(libc)).startsWith("GNU C Library");
    }

    private static String run(ProcessBuilder builder) throws Exception {
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
