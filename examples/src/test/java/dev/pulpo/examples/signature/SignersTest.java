package dev.pulpo.examples.signature;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.pulpo.engine.PatchStore;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signatures that GnuPG makes are good, and what is wrong with others is seen. */
@Tag("slow")
class SignersTest {
    @TempDir
    Path directory;

    private Path home;
    private Path keys;
    private Path file;

    @BeforeEach
    void prepare() throws Exception {
        home = Files.createDirectory(directory.resolve("g"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        keys = Files.createDirectory(directory.resolve("keys"),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        file = Files.write(directory.resolve("fix.so"), new byte[]{1, 2, 3});
        key("signer@example.org", "ed25519");
        export("signer@example.org", "signer.asc");
    }

    /** GnuPG's agent would outlive the test. */
    @AfterEach
    void endAgent() throws Exception {
        run("gpgconf", "--homedir", home.toString(), "--kill", "all");
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(String.join(" ", command) + ": " + log).isZero();
    }

    private void gpg(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("gpg", "--homedir", home.toString(), "--batch", "--yes",
                "--quiet", "--pinentry-mode", "loopback", "--passphrase", ""));
        command.addAll(List.of(arguments));
        run(command.toArray(String[]::new));
    }

    private void key(String user, String algorithm, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of(options));
        arguments.addAll(List.of("--quick-generate-key", user, algorithm, "sign", "1d"));
        gpg(arguments.toArray(String[]::new));
    }

    private void export(String user, String name) throws Exception {
        gpg("--armor", "--output", keys.resolve(name).toString(), "--export", user);
        Files.setPosixFilePermissions(keys.resolve(name), PosixFilePermissions.fromString("rw-r--r--"));
    }

    private void sign(String user, String... options) throws Exception {
        List<String> arguments = new ArrayList<>(List.of("--local-user", user));
        arguments.addAll(List.of(options));
        arguments.addAll(List.of("--armor", "--detach-sign", file.toString()));
        gpg(arguments.toArray(String[]::new));
    }

    private void check() throws IOException {
        Signers.in(keys).check(file, Files.readAllBytes(file));
    }

    private void assertRefused(String because) {
        assertThatThrownBy(this::check).isInstanceOf(SignatureRefusedException.class).hasMessageContaining(because);
    }

    @Test
    void goodSignaturesAreGood() throws Exception {
        assertRefused("fix.so is not signed: neither");
        sign("signer@example.org");
        assertThatCode(this::check).doesNotThrowAnyException();
        // Not armored, under its other name; by one of several keys, in one file.
        Files.delete(directory.resolve("fix.so.asc"));
        key("second@example.org", "rsa3072");
        gpg("--local-user", "second@example.org", "--detach-sign", file.toString());
        assertRefused("by a key in");
        Files.delete(keys.resolve("signer.asc"));
        export("example.org", "both.asc");
        assertThatCode(this::check).doesNotThrowAnyException();
        assertThatCode(() -> Signers.in(keys.resolve("both.asc")).check(file, Files.readAllBytes(file)))
                .doesNotThrowAnyException();
    }

    @Test
    void badOnesAreRefused() throws Exception {
        sign("signer@example.org");
        Files.write(file, new byte[]{1, 2, 4});
        assertRefused("the file has changed since");
        key("stranger@example.org", "ed25519");
        sign("stranger@example.org");
        assertRefused("another key has signed it");
        Files.writeString(directory.resolve("fix.so.asc"), "no signature\n");
        assertThatThrownBy(this::check).isInstanceOf(SignatureRefusedException.class);
        Files.write(directory.resolve("fix.so.asc"), new byte[]{});
        assertThatThrownBy(this::check).isInstanceOf(SignatureRefusedException.class);
        sign("signer@example.org", "--digest-algo", "SHA1");
        assertRefused("no good signature");
        // An unsigned message of the right shape: the signature of another kind.
        gpg("--local-user", "signer@example.org", "--armor", "--clear-sign", "--output", file + ".asc",
                file.toString());
        assertThatThrownBy(this::check).isInstanceOf(SignatureRefusedException.class);
    }

    @Test
    void oldKeysAreRefused() throws Exception {
        key("expired@example.org", "ed25519", "--faked-system-time", "20200101T000000!");
        export("expired@example.org", "expired.asc");
        // Made before the key expired, or so it says.
        sign("expired@example.org", "--faked-system-time", "20200101T010000!");
        assertRefused("the key has expired or is revoked");
        sign("signer@example.org");
        assertThatCode(this::check).doesNotThrowAnyException();
        // GnuPG makes a revocation with each key; a colon keeps it from being used by mistake.
        Path made;
        try (var revocations = Files.list(home.resolve("openpgp-revocs.d"))) {
            made = revocations.filter(each -> read(each).contains("signer@example.org")).findFirst().orElseThrow();
        }
        Path revocation = Files.writeString(directory.resolve("revocation"), read(made).replace(":-----", "-----"));
        gpg("--import", revocation.toString());
        export("signer@example.org", "signer.asc");
        assertRefused("the key has expired or is revoked");
    }

    private static String read(Path path) {
        try {
            return Files.readString(path);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void keysThatOthersMayChangeAreNoKeys() throws Exception {
        sign("signer@example.org");
        Files.setPosixFilePermissions(keys.resolve("signer.asc"), PosixFilePermissions.fromString("rw-rw-rw-"));
        assertThatThrownBy(this::check).isInstanceOf(FileSystemException.class)
                .hasMessageContaining("other users can change the keys");
        Files.delete(keys.resolve("signer.asc"));
        assertRefused("has no key that could have signed it");
        Files.writeString(keys.resolve("note"), "not a key\n");
        Files.setPosixFilePermissions(keys.resolve("note"), PosixFilePermissions.fromString("rw-r--r--"));
        assertThatThrownBy(this::check).hasMessageContaining("gpg --export");
    }

    @Test
    void whatIsApprovedIsWhatIsKept() throws Exception {
        Path place = directory.resolve("store");
        List<byte[]> seen = new ArrayList<>();
        assertThatThrownBy(() -> PatchStore.at(place).accept(file, Set.of(), content -> {
            seen.add(content);
            Signers.in(keys).check(file, content);
        })).isInstanceOf(SignatureRefusedException.class);
        assertThat(seen).singleElement().isEqualTo(new byte[]{1, 2, 3});
        assertThat(place).doesNotExist();
    }
}
