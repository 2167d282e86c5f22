package dev.pulpo.engine;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.engine.image.ObjectFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A patch: a shared object with new functions, and what they replace. Immutable.
 *
 * <pre>{@code
 * LivePatch.of(Path.of("fix.so")).target("libserver.so").replace("handle", "handle_fixed")
 * }</pre>
 *
 * @param file         the shared object
 * @param target       path, file name or SONAME of the object whose functions are replaced; {@code exe} is the program
 * @param targetBuild  the build-id that the target must have, in hexadecimal; empty where any will do
 * @param replacements what is replaced by what
 * @param comment      for people; may be empty
 */
public record LivePatch(Path file, Optional<String> target, Optional<String> targetBuild,
        List<Replacement> replacements, String comment) {
    public LivePatch {
        file = file.toAbsolutePath().normalize();
        replacements = List.copyOf(replacements);
    }

    /** A shared object that is yet to be told what it replaces. */
    public static LivePatch of(Path file) {
        return new LivePatch(file, Optional.empty(), Optional.empty(), List.of(), "");
    }

    /** The same patch for this target. */
    public LivePatch target(String name) {
        return new LivePatch(file, Optional.of(name), targetBuild, replacements, comment);
    }

    /** The same patch, only for this build of the target. */
    public LivePatch targetBuild(String buildId) {
        return new LivePatch(file, target, Optional.of(buildId), replacements, comment);
    }

    /** The same patch with one more function. */
    public LivePatch replace(String function, String replacement) {
        List<Replacement> more = new ArrayList<>(replacements);
        more.add(new Replacement(function, replacement));
        return new LivePatch(file, target, targetBuild, more, comment);
    }

    /** The same patch with this comment. */
    public LivePatch comment(String text) {
        return new LivePatch(file, target, targetBuild, replacements, text);
    }

    /**
     * The file's content.
     *
     * @throws IOException where it cannot be read
     * @throws dev.pulpo.elf.MalformedElfException where it is no shared object
     */
    public ElfFile elf() throws IOException {
        return ObjectFiles.open(file, file.toString());
    }

    /**
     * The patch's id: the file's build-id, or where it has none a digest of its bytes, and a digest of what it replaces.
     */
    public PatchId id() throws IOException {
        ElfFile elf = elf();
        MessageDigest what = sha256();
        what.update(target.orElse("").getBytes(StandardCharsets.UTF_8));
        for (Replacement replacement : replacements) {
            what.update(("\n" + replacement).getBytes(StandardCharsets.UTF_8));
        }
        ByteBuffer id = ByteBuffer.allocate(PatchId.BYTES);
        id.put(fileIdentity(elf), 0, PatchId.BYTES / 2);
        id.put(what.digest(), 0, PatchId.BYTES / 2);
        return new PatchId(id.array());
    }

    private static byte[] fileIdentity(ElfFile elf) {
        Optional<byte[]> build = elf.buildId().map(BuildId::bytes).filter(bytes -> bytes.length >= PatchId.BYTES / 2);
        if (build.isPresent()) {
            return build.get();
        }
        MessageDigest digest = sha256();
        digest.update(elf.source().slice(0, elf.source().size()).asByteBuffer());
        return digest.digest();
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
