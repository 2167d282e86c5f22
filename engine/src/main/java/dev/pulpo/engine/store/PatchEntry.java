package dev.pulpo.engine.store;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.StoredPatch;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The directory of one patch in a store. Its name is that of the build, a dot, and the id of the patch.
 *
 * <pre>
 *   BUILD.ID/DIGEST.so   the container, named by the beginning of the digest of its content
 *   BUILD.ID/state       a line for each fact, as {@link Properties} has them; it names the container
 * </pre>
 */
public final class PatchEntry {
    private static final String STATE = "state";
    private static final String FORMAT = "pulpo-store 1";
    private static final String HELD_BACK = "held-back.";
    /** A directory's name has 255 bytes at most (NAME_MAX in limits.h). */
    private static final int LONGEST_BUILD = 128;
    private static final int NAME_DIGITS = 16;

    private PatchEntry() {}

    /**
     * The name of an entry.
     *
     * @throws IllegalArgumentException where the build-id is empty, or too long for a name
     */
    private static String name(String build, PatchId id) {
        if (!build.matches("[0-9a-f]{2," + LONGEST_BUILD + "}")) {
            throw new IllegalArgumentException("a store has no name for the build-id '" + build + "'");
        }
        return build + "." + id.hex();
    }

    /** Where the copy of a patch is kept. */
    public static Path file(StoreDirectory store, String build, PatchId id, byte[] container) {
        return store.path().resolve(name(build, id)).resolve(fileName(digest(container)));
    }

    private static String fileName(String digest) {
        return digest.substring(0, NAME_DIGITS) + ".so";
    }

    /**
     * Reads an entry.
     *
     * @return empty where another tool has removed it meanwhile
     * @throws IOException where it is damaged
     */
    public static Optional<StoredPatch> read(Path entry) throws IOException {
        Properties facts = new Properties();
        try {
            facts.load(new ByteArrayInputStream(StoreDirectory.read(entry.resolve(STATE))));
            return Optional.of(patch(entry, facts));
        } catch (NoSuchFileException gone) {
            return Optional.empty();
        } catch (IllegalArgumentException | DateTimeParseException damaged) {
            throw new FileSystemException(RawText.of(entry), null, RawText.of(entry.resolve(STATE)) + " is damaged: "
                    + damaged.getMessage() + "; remove the directory " + RawText.of(entry)
                    + ", and accept the patch again");
        }
    }

    private static StoredPatch patch(Path entry, Properties facts) {
        if (!fact(facts, "format").equals(FORMAT)) {
            throw new IllegalArgumentException("it is of another version");
        }
        Map<Integer, String> heldBack = new TreeMap<>();
        facts.stringPropertyNames().stream().filter(name -> name.startsWith(HELD_BACK)).forEach(
                name -> heldBack.put(Integer.valueOf(name.substring(HELD_BACK.length())), fact(facts, name)));
        Set<Check> allowed = Arrays.stream(fact(facts, "allowed").split(",", -1)).filter(word -> !word.isEmpty())
                .map(word -> Check.valueOf(word.toUpperCase(Locale.ROOT))).collect(Collectors.toSet());
        return new StoredPatch(PatchId.parse(fact(facts, "id")), fact(facts, "build"), fact(facts, "target"),
                StoredPatch.State.valueOf(fact(facts, "state").toUpperCase(Locale.ROOT)),
                Instant.parse(fact(facts, "since")), fact(facts, "reason"), Long.parseLong(fact(facts, "order")),
                fact(facts, "comment"), fact(facts, "origin"),
                entry.resolve(fileName(fact(facts, "digest"))), allowed, heldBack);
    }

    private static String fact(Properties facts, String name) {
        String value = facts.getProperty(name);
        if (value == null) {
            throw new IllegalArgumentException("it does not say '" + name + "'");
        }
        return value;
    }

    /** Adds an entry with a copy of the patch; within {@link StoreDirectory#change}. */
    public static void add(StoreDirectory store, StoredPatch patch, byte[] container) throws IOException {
        String name = name(patch.build(), patch.id());
        Path entry = store.path().resolve(name);
        String digest = digest(container);
        Optional<StoredPatch> before = read(entry);
        if (before.isEmpty()) {
            store.put(name, Map.of(fileName(digest), container, STATE, text(patch, digest)));
            return;
        }
        // The state names the copy that counts, so both change in one step.
        store.replace(entry, fileName(digest), container);
        store.replace(entry, STATE, text(patch, digest));
        if (!before.get().file().equals(patch.file())) {
            Files.deleteIfExists(before.get().file());
        }
    }

    /** Writes what has changed of a patch; within {@link StoreDirectory#change}. */
    public static void update(StoreDirectory store, StoredPatch patch) throws IOException {
        store.replace(store.path().resolve(name(patch.build(), patch.id())), STATE,
                text(patch, fact(facts(patch), "digest")));
    }

    /** Removes an entry; within {@link StoreDirectory#change}. */
    public static void remove(StoreDirectory store, StoredPatch patch) throws IOException {
        store.remove(store.path().resolve(name(patch.build(), patch.id())));
    }

    /**
     * Checks that the copy of a patch is what was accepted.
     *
     * @throws IOException where it is missing or damaged
     */
    public static void check(StoredPatch patch) throws IOException {
        try {
            if (digest(StoreDirectory.read(patch.file())).equals(fact(facts(patch), "digest"))) {
                return;
            }
        } catch (NoSuchFileException missing) {
            // That is reported in the same words.
        }
        throw new FileSystemException(RawText.of(patch.file()), null, RawText.of(patch.file())
                + " is not what was accepted; accept the patch again");
    }

    private static Properties facts(StoredPatch patch) throws IOException {
        Properties facts = new Properties();
        facts.load(new ByteArrayInputStream(StoreDirectory.read(patch.file().resolveSibling(STATE))));
        return facts;
    }

    private static byte[] text(StoredPatch patch, String digest) throws IOException {
        Properties facts = new Properties();
        facts.setProperty("format", FORMAT);
        facts.setProperty("id", patch.id().hex());
        facts.setProperty("build", patch.build());
        facts.setProperty("target", patch.target());
        facts.setProperty("state", patch.state().name().toLowerCase(Locale.ROOT));
        facts.setProperty("since", patch.since().toString());
        facts.setProperty("reason", patch.reason());
        facts.setProperty("order", Long.toString(patch.order()));
        facts.setProperty("comment", patch.comment());
        facts.setProperty("origin", patch.origin());
        facts.setProperty("digest", digest);
        facts.setProperty("allowed", patch.allowed().stream().map(check -> check.name().toLowerCase(Locale.ROOT))
                .sorted().collect(Collectors.joining(",")));
        patch.heldBack().forEach((user, reason) -> facts.setProperty(HELD_BACK + user, reason));
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        facts.store(text, null);
        return text.toByteArray();
    }

    private static String digest(byte[] content) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }
}
