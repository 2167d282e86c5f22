package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Where the scripts are called from, and what they do not run because somebody else could change it. */
class ScriptsTest {
    private static final Path BIN = Scripts.MODULE.resolve("bin");

    @Tag("slow")
    @Test
    void theyFindTheirFilesWhereverTheyAreCalledFrom(@TempDir Path elsewhere) throws Exception {
        Path link = Files.createSymbolicLink(elsewhere.resolve("a pulpo"), BIN.resolve("pulpo"));
        Path links = Files.createSymbolicLink(elsewhere.resolve("-pulpo\n"), link);
        Path directory = Files.createSymbolicLink(elsewhere.resolve("bin"), BIN);
        assertVersion(link.toString(), "--version");
        assertVersion("sh", "-c", "CDPATH=/usr; cd \"$1\"; exec sh ./\"$2\" --version", "sh", elsewhere.toString(),
                links.getFileName().toString());
        assertVersion(directory.resolve("pulpo").toString(), "--version");
        assertVersion("sh", "-c", "cd \"$1\" && exec sh pulpo --version", "sh", BIN.toString());
    }

    private static void assertVersion(String... command) throws Exception {
        Scripts.Result result = Scripts.command(command);
        assertThat(result.status()).as(result.errors()).isZero();
        assertThat(result.output()).matches("pulpo [0-9]+[.][0-9]+[.][0-9]+\\R");
    }

    @Test
    void whatOthersMayWriteIsFound(@TempDir Path directory) throws Exception {
        Path modules = Files.createDirectory(directory.resolve("modules"));
        Path jar = Files.writeString(modules.resolve("a b.jar"), "");
        permit(modules, "rwxr-xr-x");
        permit(jar, "rw-r--r--");
        assertThat(weak(directory)).isEmpty();
        permit(jar, "rw-rw-rw-");
        assertThat(weak(directory)).containsExactly(jar.toString());
        permit(modules, "rwxrwxrwx");
        assertThat(weak(directory)).containsExactly(modules.toString(), jar.toString());
        Scripts.Result refused = Scripts.command("env", "PULPO_MODULE_PATH=" + jar, "pulpo", "--version");
        assertThat(refused.status()).isOne();
        assertThat(refused.errors()).contains(jar.toString(), "chmod -R go-w");
    }

    /** What the scripts find in a directory below this one. */
    private static List<String> weak(Path directory) throws IOException, InterruptedException {
        Scripts.Result result = Scripts.command("sh", "-euc",
                "self=$1; . \"${self%/*}/lib.sh\"; find_weak \"$2\"; echo \"$weak\"", "sh",
                BIN.resolve("pulpo").toString(), directory.resolve("modules").toString());
        assertThat(result.status()).as(result.errors()).isZero();
        return result.output().lines().filter(line -> !line.isEmpty()).distinct().toList();
    }

    private static void permit(Path path, String permissions) throws IOException {
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(permissions));
    }
}
