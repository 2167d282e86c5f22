package dev.pulpo.examples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
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

    /** The JVM silently ignores an archive whose jars have another size, time or path than in training. */
    @Test
    void theArchiveIsMadeAnewWhenAJarHasChanged(@TempDir Path directory) throws Exception {
        Path examples = directory.resolve("a checkout");
        Path library = examples.resolve("bin/lib.sh");
        Path modules = examples.resolve("target/modules");
        Files.createDirectories(library.getParent());
        Files.createDirectories(modules);
        Files.copy(BIN.resolve("lib.sh"), library, StandardCopyOption.COPY_ATTRIBUTES);
        Path main = Files.writeString(examples.resolve("target/pulpo-examples.jar"), "main");
        Path jar = Files.writeString(modules.resolve("one.jar"), "one");

        assertThat(trainings(examples)).isOne();
        assertThat(trainings(examples)).isZero();
        Files.setLastModifiedTime(jar, FileTime.from(Instant.EPOCH));
        assertThat(trainings(examples)).as("older").isOne();
        assertThat(trainings(examples)).isZero();
        FileTime time = Files.getLastModifiedTime(main);
        Files.writeString(main, "longer");
        Files.setLastModifiedTime(main, time);
        assertThat(trainings(examples)).as("longer").isOne();
        Files.writeString(modules.resolve("two.jar"), "two");
        assertThat(trainings(examples)).as("one more").isOne();
        assertThat(trainings(examples)).isZero();
        Path moved = Files.move(examples, directory.resolve("moved"));
        assertThat(trainings(moved)).as("moved").isOne();
        assertThat(trainings(moved)).isZero();
    }

    /** How often a script with this library trains before it starts; training itself is left out. */
    private static long trainings(Path examples) throws IOException, InterruptedException {
        Scripts.Result result = Scripts.command("sh", "-euc", """
                unset PULPO_MODULE_PATH
                self=$1/bin/pulpo
                . "$1/bin/lib.sh"
                train() { echo "$1" >"$1.aot"; echo >>"$examples/trainings"; }
                : >"$examples/trainings"
                build=25 version=25
                check_what_was_built
                modules=$examples/target/modules
                find_archive
                [ "$archive" = "$examples/target/pulpo-25.aot" ]
                """, "sh", examples.toString());
        assertThat(result.status()).as(result.errors()).isZero();
        return Files.readString(examples.resolve("trainings")).lines().count();
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
