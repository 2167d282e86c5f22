package dev.pulpo.stub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What others may do with the stub's files, and what is refused of what they have done. */
class StubCacheTest {
    private static final int NOBODY = 65534;

    private Path directory = Path.of("");
    private int user;

    @BeforeEach
    void knowWhoseItIs(@TempDir Path temporary) throws IOException {
        directory = temporary.toRealPath();
        user = (int) Files.getAttribute(directory, "unix:uid");
    }

    @Test
    void madeForAllToReadAndNobodyElseToWrite() throws IOException {
        String made = user == 0 ? "rwxr-xr-x" : "rwx------";
        Path file = Stub.extract(directory.resolve("new/cache"), user);
        assertThat(permissions(file)).isEqualTo("rwxr-xr-x");
        try (Stream<Path> all = Files.walk(directory.resolve("new"))) {
            assertThat(all.filter(Files::isDirectory)).hasSize(3)
                    .allSatisfy(path -> assertThat(permissions(path)).isEqualTo(made));
        }
        assertThat(permissions(Stub.extractHeader(directory.resolve("new/cache"), user))).isEqualTo("rw-r--r--");
    }

    @Test
    void aDirectoryThatOthersMayWriteIsRefused() throws IOException {
        Path cache = Files.createDirectory(directory.resolve("cache"));
        for (String permissions : new String[]{"rwxrwxrwx", "rwxrwxr-x"}) {
            Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString(permissions));
            assertThatThrownBy(() -> Stub.extract(cache, user)).isInstanceOf(UntrustedFileException.class)
                    .hasMessageContaining("chmod go-w " + cache).hasMessageContaining("user " + user);
        }
        Files.setAttribute(cache, "unix:mode", 01777);
        assertThatThrownBy(() -> Stub.extract(cache, user)).isInstanceOf(UntrustedFileException.class);
        assertThat(Stub.extract(cache.resolve("own"), user)).exists();
    }

    @Test
    void soIsThatOfTheContent() throws IOException {
        Path versions = Stub.extract(directory.resolve("cache"), user).getParent();
        Files.setPosixFilePermissions(versions, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> Stub.extract(directory.resolve("cache"), user))
                .isInstanceOf(UntrustedFileException.class).hasMessageContaining("chmod go-w " + versions);
    }

    @Test
    void nothingIsMadeWhereOthersCouldReplaceIt() throws IOException {
        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThatThrownBy(() -> Stub.extract(open.resolve("cache"), user)).isInstanceOf(UntrustedFileException.class);
        assertThat(open).isEmptyDirectory();
    }

    @Test
    void aFileThatOthersMayWriteIsReplaced() throws IOException {
        Path file = Stub.extract(directory.resolve("cache"), user);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxrwx"));
        Object before = Files.getAttribute(file, "unix:ino");
        assertThat(Stub.extract(directory.resolve("cache"), user)).isEqualTo(file);
        assertThat(permissions(file)).isEqualTo("rwxr-xr-x");
        assertThat(Files.getAttribute(file, "unix:ino")).isNotEqualTo(before);
    }

    @Test
    void aLinkInItsPlaceIsReplacedAndNotFollowed() throws IOException {
        Path file = Stub.extract(directory.resolve("cache"), user);
        Path other = Files.writeString(directory.resolve("other"), "as it was");
        Files.delete(file);
        Files.createSymbolicLink(file, other);
        assertThat(Stub.extract(directory.resolve("cache"), user)).isRegularFile().hasBinaryContent(Stub.bytes());
        assertThat(Files.isSymbolicLink(file)).isFalse();
        assertThat(other).hasContent("as it was");
    }

    @Test
    void whatBelongsToAnotherUserIsRefused() throws IOException {
        Assumptions.assumeTrue(user == 0, "only root can give a directory to another user");
        Path his = Files.createDirectory(directory.resolve("his"));
        Files.setAttribute(his, "unix:uid", NOBODY);
        for (Path cache : new Path[]{his, his.resolve("pulpo")}) {
            assertThatThrownBy(() -> Stub.extract(cache, user)).isInstanceOf(UntrustedFileException.class)
                    .hasMessageContaining(his + " belongs to user " + NOBODY).hasMessageContaining("chown root");
        }
        assertThat(his).isEmptyDirectory();
        Path link = Files.createSymbolicLink(directory.resolve("link"), his);
        assertThatThrownBy(() -> Stub.extract(link.resolve("pulpo"), user)).isInstanceOf(UntrustedFileException.class);
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }
}
