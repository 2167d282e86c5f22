package dev.pulpo.stub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTrustTest {
    private static final int NOBODY = 65534;

    private Path directory = Path.of("");
    private int user;
    private FileTrust trust = FileTrust.of();

    @BeforeEach
    void knowWhoseItIs(@TempDir Path temporary) throws IOException {
        directory = temporary.toRealPath();
        user = (int) Files.getAttribute(directory, "unix:uid");
        trust = FileTrust.of(user);
    }

    @Test
    void trustsWhatNobodyElseCanWrite() throws IOException {
        assertThat(trust.weakness(file("plain", "rw-r--r--"))).isEmpty();
        assertThat(trust.weakness(directory)).isEmpty();
        assertThat(trust.weakness(Path.of("/"))).isEmpty();
    }

    @Test
    void namesWhatOthersOrTheGroupCanWrite() throws IOException {
        for (String permissions : new String[]{"rw-rw-r--", "rw-r--rw-"}) {
            Path file = file("file" + permissions, permissions);
            assertThat(trust.weakness(file)).hasValueSatisfying(weakness -> {
                assertThat(weakness.place()).isEqualTo(file);
                assertThat(weakness.remedy()).isEqualTo("chmod go-w " + file);
                assertThat(weakness.toString()).contains(file.toString(), "user " + user, "mode 06");
            });
        }
        Path open = directory("open", 0777);
        assertThat(place(Files.writeString(open.resolve("file"), ""))).hasValue(open);
        assertThat(trust.weaknessOfNewIn(open)).isPresent();
    }

    /** Others can rename in it, but not what belongs to us. */
    @Test
    void aStickyDirectoryIsPassedOnlyOnTheWay() throws IOException {
        Path sticky = directory("sticky", 01777);
        assertThat(trust.weakness(Files.writeString(sticky.resolve("file"), ""))).isEmpty();
        assertThat(trust.weaknessOfNewIn(sticky)).isEmpty();
        assertThat(place(sticky)).hasValue(sticky);
        assertThat(place(sticky.resolve("../sticky"))).hasValue(sticky);
    }

    @Test
    void aFileIsNoStickyDirectory() throws IOException {
        Path file = file("file", "rw-rw-rw-");
        Files.setAttribute(file, "unix:mode", 01666);
        assertThat(place(file)).hasValue(file);
    }

    @Test
    void linksAreFollowedAsTheKernelDoes() throws IOException {
        Path file = file("file", "rw-r--r--");
        Path relative = Files.createSymbolicLink(directory.resolve("relative"), Path.of("./file"));
        Path absolute = Files.createSymbolicLink(directory.resolve("absolute"), file);
        Path around = Files.createSymbolicLink(directory.resolve("around"),
                Path.of("../" + directory.getFileName() + "/relative"));
        assertThat(trust.weakness(relative)).isEmpty();
        assertThat(trust.weakness(absolute)).isEmpty();
        assertThat(trust.weakness(around)).isEmpty();
        Path open = directory("open", 0777);
        Path hidden = Files.createSymbolicLink(directory.resolve("hidden"), open);
        assertThat(place(hidden.resolve("../file"))).hasValue(open);
        assertThat(place(hidden)).hasValue(open);
    }

    @Test
    void linksThatLeadNowhereEnd() throws IOException {
        Path cycle = Files.createSymbolicLink(directory.resolve("cycle"), Path.of("cycle"));
        assertThatThrownBy(() -> trust.weakness(cycle)).isInstanceOf(FileSystemException.class)
                .hasMessageContaining("symbolic links");
        Path dangling = Files.createSymbolicLink(directory.resolve("dangling"), Path.of("nothing"));
        assertThatThrownBy(() -> trust.weakness(dangling)).isInstanceOf(NoSuchFileException.class);
    }

    @Test
    void whatBelongsToAnotherUserIsHis() throws IOException {
        onlyRootCanGiveAway();
        Path file = give(file("file", "rw-------"));
        assertThat(trust.weakness(file)).hasValueSatisfying(weakness -> {
            assertThat(weakness.foreign()).isTrue();
            assertThat(weakness.owner()).isEqualTo(NOBODY);
            assertThat(weakness.remedy()).startsWith("chown root ");
        });
        assertThat(FileTrust.of(NOBODY).weakness(file)).isEmpty();
        Path his = give(directory("his", 0755));
        assertThat(place(Files.writeString(his.resolve("ours"), ""))).hasValue(his);
    }

    @Test
    void anothersEntryInAStickyDirectoryIsHis() throws IOException {
        onlyRootCanGiveAway();
        Path sticky = directory("sticky", 01777);
        Path link = give(Files.createSymbolicLink(sticky.resolve("link"), file("file", "rw-r--r--")));
        assertThat(place(link)).hasValue(link);
        Path his = give(directory("sticky/his", 0755));
        assertThat(place(his)).hasValue(his);
        assertThat(place(his.resolve("../link"))).hasValue(his);
    }

    private Optional<Path> place(Path path) throws IOException {
        return trust.weakness(path).map(FileTrust.Weakness::place);
    }

    private Path file(String name, String permissions) throws IOException {
        return Files.setPosixFilePermissions(Files.writeString(directory.resolve(name), ""),
                PosixFilePermissions.fromString(permissions));
    }

    private Path directory(String name, int mode) throws IOException {
        Path made = Files.createDirectory(directory.resolve(name));
        Files.setAttribute(made, "unix:mode", mode);
        return made;
    }

    private void onlyRootCanGiveAway() {
        Assumptions.assumeTrue(user == 0, "only root can give a file to another user");
    }

    private static Path give(Path path) throws IOException {
        Files.setAttribute(path, "unix:uid", NOBODY, LinkOption.NOFOLLOW_LINKS);
        return path;
    }
}
