package dev.pulpo.engine;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.container.Container;
import dev.pulpo.engine.container.DataReference;
import dev.pulpo.engine.container.FunctionPair;
import dev.pulpo.engine.container.Metadata;
import dev.pulpo.engine.target.ObjectFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A patch: a shared object with new functions, and what they replace. Immutable.
 *
 * <pre>{@code
 * LivePatch.open(Path.of("fix.so"))                              // a container, which says what it replaces
 * LivePatch.of(Path.of("fix.so")).target("libserver.so").replace("handle", "handle_fixed")
 * }</pre>
 *
 * @param file         the shared object
 * @param target       path, file name or SONAME of the object whose functions are replaced; {@code exe} is the program
 * @param targetBuild  required build-id of the target, in hexadecimal; empty for any
 * @param replacements pairs of functions
 * @param comment      for people; may be empty
 * @param metadata     of a container
 * @param seenAs       path by which the target reaches the file, if it is another one
 * @param allowed      checks whose findings are no reason to refuse
 */
public record LivePatch(Path file, Optional<String> target, Optional<String> targetBuild,
        List<Replacement> replacements, String comment, Optional<Metadata> metadata, Optional<Path> seenAs,
        Set<Check> allowed) {
    public LivePatch {
        file = file.toAbsolutePath().normalize();
        replacements = List.copyOf(replacements);
        allowed = Set.copyOf(allowed);
    }

    /** A shared object without replacements; its metadata is ignored. */
    public static LivePatch of(Path file) {
        return new LivePatch(file, Optional.empty(), Optional.empty(), List.of(), "", Optional.empty(),
                Optional.empty(), Set.of());
    }

    /**
     * A container; its metadata names target and replacements. The target is found by its build-id, whatever its file is
     * called.
     *
     * @throws IOException                         where it cannot be read
     * @throws dev.pulpo.elf.MalformedElfException where it is no shared object, or its metadata is missing or damaged
     */
    public static LivePatch open(Path file) throws IOException {
        LivePatch bare = of(file);
        Container container = Container.of(bare.elf());
        Metadata metadata = container.metadata();
        return new LivePatch(file, Optional.of(metadata.target()), Optional.of(metadata.targetBuild().hex()),
                replacements(metadata), container.comment(), Optional.of(metadata), Optional.empty(), Set.of());
    }

    private static List<Replacement> replacements(Metadata metadata) {
        return metadata.functions().stream()
                .map(pair -> new Replacement(pair.function(), pair.replacement())).toList();
    }

    /** The same patch for this target. */
    public LivePatch target(String name) {
        return new LivePatch(file, Optional.of(name), targetBuild, replacements, comment, metadata, seenAs, allowed);
    }

    /** The same patch, only for this build of the target. */
    public LivePatch targetBuild(String buildId) {
        return new LivePatch(file, target, Optional.of(buildId), replacements, comment, metadata, seenAs, allowed);
    }

    /** The same patch with one more function. */
    public LivePatch replace(String function, String replacement) {
        return replace(List.of(new Replacement(function, replacement)));
    }

    /** The same patch with more functions. */
    public LivePatch replace(List<Replacement> functions) {
        List<Replacement> more = new ArrayList<>(replacements);
        more.addAll(functions);
        return new LivePatch(file, target, targetBuild, more, comment, metadata, seenAs, allowed);
    }

    /** The same patch without functions; what a container says of its target and its references stays. */
    public LivePatch without() {
        return new LivePatch(file, target, targetBuild, List.of(), comment, metadata, seenAs, allowed);
    }

    /** The same patch with this comment. */
    public LivePatch comment(String text) {
        return new LivePatch(file, target, targetBuild, replacements, text, metadata, seenAs, allowed);
    }

    /**
     * The same patch under another path in the target, for example outside of a chroot. If the process finds
     * neither this file nor a copy of it there, it is refused.
     */
    public LivePatch seenAs(Path path) {
        return new LivePatch(file, target, targetBuild, replacements, comment, metadata, Optional.of(path),
                allowed);
    }

    /**
     * The same patch, with this check's findings allowed.
     *
     * @throws IllegalArgumentException where they cannot be allowed
     */
    public LivePatch allow(Check check) {
        if (!check.isOverridable()) {
            throw new IllegalArgumentException(check.word() + " cannot be allowed");
        }
        Set<Check> more = EnumSet.of(check);
        more.addAll(allowed);
        return new LivePatch(file, target, targetBuild, replacements, comment, metadata, seenAs, more);
    }

    /** Places in the patch that receive addresses of the target's variables. */
    public List<DataReference> references() {
        return metadata.map(Metadata::references).orElse(List.of());
    }

    /** Patches that must be in force before this one. */
    public List<PatchId> dependencies() {
        return metadata.map(Metadata::dependencies).orElse(List.of());
    }

    /** The link address of a function of the target, by the container; empty where it does not tell. */
    public Optional<LinkAddress> addressOf(String function) {
        return metadata.stream().flatMap(known -> known.functions().stream())
                .filter(pair -> pair.function().equals(function) && pair.address().value() != 0)
                .map(FunctionPair::address).findFirst();
    }

    /**
     * The file's content.
     *
     * @throws IOException                         where it cannot be read
     * @throws dev.pulpo.elf.MalformedElfException where it is no shared object
     */
    public ElfFile elf() throws IOException {
        return ObjectFiles.open(file, RawText.of(file));
    }

    /**
     * The patch's id: the container's, unless replacements were added. Otherwise it consists of the file's build-id (without
     * one, a digest of its bytes) and a digest of the replacements.
     */
    public PatchId id() throws IOException {
        Optional<PatchId> packed = metadata.filter(known -> replacements(known).equals(replacements))
                .map(Metadata::id);
        return packed.isPresent() ? packed.get() : computedId();
    }

    private PatchId computedId() throws IOException {
        ElfFile elf = elf();
        MessageDigest what = sha256();
        what.update(RawText.encode(target.orElse("")));
        for (Replacement replacement : replacements) {
            what.update(RawText.encode("\n" + replacement));
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
