package dev.pulpo.examples.signature;

import dev.pulpo.elf.InputFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.ffm.Processes;
import dev.pulpo.stub.FileTrust;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.bouncycastle.openpgp.PGPSignatureException;
import org.bouncycastle.openpgp.api.OpenPGPCertificate;
import org.bouncycastle.openpgp.api.OpenPGPDetachedSignatureProcessor;
import org.bouncycastle.openpgp.api.OpenPGPImplementation;
import org.bouncycastle.openpgp.api.OpenPGPKeyReader;
import org.bouncycastle.openpgp.api.OpenPGPSignature.OpenPGPDocumentSignature;
import org.bouncycastle.openpgp.api.bc.BcOpenPGPImplementation;
import org.jspecify.annotations.Nullable;

/**
 * The OpenPGP keys (RFC 9580) of those who may sign patches. A detached signature lies beside its file, under the same name with
 * {@code .asc} or {@code .sig}, as {@code gpg --detach-sign} makes it.
 *
 * <p>A signature counts if its key was good when it was made, and is good now: neither expired nor revoked, and meant for
 * signatures. Bouncy Castle decides that, and refuses weak digests.
 */
public final class Signers {
    private static final int LARGEST_KEYS = 1 << 20;
    private static final int LARGEST_SIGNATURE = 64 << 10;
    private static final int MOST_FILES = 1000;
    private static final OpenPGPImplementation LIBRARY = new BcOpenPGPImplementation();

    private final Path place;
    private final List<OpenPGPCertificate> certificates;

    private Signers(Path place, List<OpenPGPCertificate> certificates) {
        this.place = place;
        this.certificates = certificates;
    }

    /**
     * The keys in a file, or in the files of a directory, armored or not.
     *
     * @throws IOException where they cannot be read, or other users can change them; the message says what would help
     */
    public static Signers in(Path place) throws IOException {
        List<OpenPGPCertificate> certificates = new ArrayList<>();
        for (Path file : files(place)) {
            Optional<FileTrust.Weakness> weakness = FileTrust.of(Processes.effectiveUser()).weakness(file);
            if (weakness.isPresent()) {
                throw new FileSystemException(RawText.of(file), null, "other users can change the keys in "
                        + RawText.of(file) + ": " + weakness.get() + "; " + weakness.get().remedy());
            }
            byte[] content = InputFile.read(file, LARGEST_KEYS);
            List<OpenPGPCertificate> found;
            try {
                found = new OpenPGPKeyReader(LIBRARY).parseCertificates(content);
            } catch (IOException | RuntimeException malformed) {
                throw noKey(file, malformed.getMessage());
            }
            if (found.isEmpty()) {
                throw noKey(file, "it has none");
            }
            certificates.addAll(found);
        }
        return new Signers(place, certificates);
    }

    private static FileSystemException noKey(Path file, @Nullable String why) {
        return new FileSystemException(RawText.of(file), null,
                RawText.of(file) + " is no OpenPGP public key (" + why + "); gpg --export makes one");
    }

    private static List<Path> files(Path place) throws IOException {
        if (!Files.isDirectory(place)) {
            return List.of(place);
        }
        try (Stream<Path> entries = Files.list(place)) {
            return entries.filter(file -> !Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)).sorted()
                    .limit(MOST_FILES).toList();
        }
    }

    /**
     * Checks that a file has a good signature by one of these keys.
     *
     * @param file    the file, beside which the signature lies
     * @param content what was read of it
     * @throws SignatureRefusedException where it has none
     * @throws IOException               where the signature cannot be read
     */
    public void check(Path file, byte[] content) throws IOException {
        String name = RawText.of(file);
        if (certificates.isEmpty()) {
            throw new SignatureRefusedException(
                    name + " cannot be accepted: " + RawText.of(place) + " has no key that could have signed it");
        }
        Path beside = Stream.of(".asc", ".sig").map(end -> RawText.path(name + end)).filter(Files::exists).findFirst()
                .orElseThrow(() -> new SignatureRefusedException(name + " is not signed: neither " + name + ".asc nor "
                        + name + ".sig exists; gpg --armor --detach-sign makes the former"));
        byte[] signature = InputFile.read(beside, LARGEST_SIGNATURE);
        List<OpenPGPDocumentSignature> found;
        try {
            OpenPGPDetachedSignatureProcessor processor = new OpenPGPDetachedSignatureProcessor(LIBRARY);
            certificates.forEach(processor::addVerificationCertificate);
            found = processor.addSignatures(new ByteArrayInputStream(signature))
                    .process(new ByteArrayInputStream(content));
        } catch (IOException | RuntimeException malformed) {
            throw new SignatureRefusedException(
                    RawText.of(beside) + " is no OpenPGP signature: " + malformed.getMessage());
        }
        Date now = Date.from(Instant.now());
        if (found.stream().noneMatch(each -> isGood(each, now))) {
            throw new SignatureRefusedException(RawText.of(beside) + " is no good signature of " + name
                    + " by a key in " + RawText.of(place)
                    + ": the file has changed since, or another key has signed it, or the key has expired or is revoked");
        }
    }

    private static boolean isGood(OpenPGPDocumentSignature signature, Date now) {
        try {
            return signature.isValid() && signature.isValidAt(now);
        } catch (PGPSignatureException | RuntimeException malformed) {
            // One of several that is malformed says nothing about the others.
            return false;
        }
    }
}
