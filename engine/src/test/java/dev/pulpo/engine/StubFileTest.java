package dev.pulpo.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.stub.Stub;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A program chooses where the stub is kept. */
class StubFileTest {
    private final Path usual = StubFile.path();

    @AfterEach
    void clear() {
        System.clearProperty(StubFile.CACHE_PROPERTY);
    }

    @Test
    void aProgramChoosesTheCache(@TempDir Path directory) throws Exception {
        Path cache = directory.resolve("cache");
        System.setProperty(StubFile.CACHE_PROPERTY, cache.toString());
        assertThat(StubFile.path()).startsWith(cache).hasBinaryContent(Stub.bytes());
        assertThat(StubFile.header()).startsWith(cache);
        System.clearProperty(StubFile.CACHE_PROPERTY);
        assertThat(StubFile.path()).isEqualTo(usual);
    }

    @Test
    void aCacheThatOthersMayChangeIsRefusedByTheNameOfWhatChoseIt(@TempDir Path directory) throws Exception {
        Path cache = Files.createDirectory(directory.resolve("cache"));
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        System.setProperty(StubFile.CACHE_PROPERTY, cache.toString());
        assertThatThrownBy(StubFile::path).isInstanceOf(UncheckedIOException.class).hasMessageContainingAll(
                cache.toString(), StubFile.CACHE_PROPERTY);
    }
}
