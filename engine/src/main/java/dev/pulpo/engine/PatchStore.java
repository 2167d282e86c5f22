package dev.pulpo.engine;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.InputFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.engine.container.Container;
import dev.pulpo.engine.container.Metadata;
import dev.pulpo.engine.store.PatchEntry;
import dev.pulpo.engine.store.StoreDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The patches that the processes of a machine should have: each one that runs a certain build, now and later. {@link Upkeep}
 * compares that with what processes have.
 *
 * <pre>{@code
 * PatchStore store = PatchStore.at(PatchStore.DEFAULT);
 * store.accept(Path.of("fix.so"), Set.of());
 * Upkeep upkeep = new Upkeep(store);
 * for (int pid : ProcessFilter.processes()) {
 *     upkeep.restore(pid, Consistency.DEFAULT).ifPresent(System.out::println);
 * }
 * }</pre>
 *
 * <p>A store is a directory that nobody but its user can look into. It is whole at any instant: after a kill or a power failure
 * each change has been made, or has not. Thread-safe, also between processes.
 *
 * <p>All methods throw {@link IOException} where the directory can be changed or read by other users, or is damaged; the
 * message says what would help.
 */
public final class PatchStore {
    /** The store of the machine. */
    public static final Path DEFAULT = Path.of("/var/lib/pulpo");

    /** The content is held in memory, and a patch of a gigabyte is none. */
    private static final int LARGEST = 1 << 30;

    private final StoreDirectory directory;

    private PatchStore(StoreDirectory directory) {
        this.directory = directory;
    }

    /** The store in a directory, which is made with the first change. */
    public static PatchStore at(Path directory) {
        return new PatchStore(new StoreDirectory(directory));
    }

    public Path directory() {
        return directory.path();
    }

    /** All patches, those that come into force first before the others. Withdrawn ones are listed, too. */
    public List<StoredPatch> patches() throws IOException {
        List<StoredPatch> patches = new ArrayList<>();
        for (Path entry : directory.entries()) {
            PatchEntry.read(entry).ifPresent(patches::add);
        }
        patches.sort(Comparator.comparingLong(StoredPatch::order));
        return List.copyOf(patches);
    }

    /** The patches whose id is this text, or begins with it. */
    public List<StoredPatch> find(String id) throws IOException {
        return patches().stream().filter(patch -> patch.id().matches(id)).toList();
    }

    /**
     * What changes whenever the store does: for programs that keep what they have read of it. An instant at which it changes
     * may be missed only for as long as the clock of the file system stands still.
     */
    public Object version() throws IOException {
        List<Object> version = new ArrayList<>();
        for (Path entry : directory.entries()) {
            try {
                version.add(entry);
                version.add(Files.getLastModifiedTime(entry));
            } catch (NoSuchFileException gone) {
                // Its absence is a change, too.
                version.remove(entry);
            }
        }
        return version;
    }

    /** Decides whether a container may be accepted. */
    @FunctionalInterface
    public interface Approval {
        /**
         * Looks at a container.
         *
         * @param content what would be kept, byte by byte
         * @throws IOException where it may not be accepted; the message says why, and what would help
         */
        void check(byte[] content) throws IOException;
    }

    /** As {@link #accept(Path, Set, Approval)}, for whatever container. */
    public StoredPatch accept(Path file, Set<Check> allowed) throws IOException {
        return accept(file, allowed, content -> {});
    }

    /**
     * Accepts a patch for all processes that run the build that it is for. Changes no process. A patch that was accepted before
     * is accepted anew: it is no longer withdrawn, nor held back from anybody. The file is read once: what is approved is what
     * is kept.
     *
     * @param file     a container, which is copied
     * @param allowed  checks whose findings are no reason to refuse
     * @param approval is asked before anything is kept
     * @throws IOException           also where the file cannot be read, or is not approved
     * @throws MalformedElfException where it is no container, or does not name a build
     */
    public StoredPatch accept(Path file, Set<Check> allowed, Approval approval) throws IOException {
        String origin = RawText.of(file.toAbsolutePath().normalize());
        byte[] content = InputFile.read(file, LARGEST);
        approval.check(content);
        Container container = Container.of(ElfFile.of(ByteSource.of(content), origin, ReadLimits.USER));
        Metadata metadata = container.metadata();
        String build = metadata.targetBuild().hex();
        if (build.isEmpty()) {
            throw new MalformedElfException(origin, 0, "a container that names the build that it is for",
                    "none; pack it again");
        }
        return directory.change(() -> {
            StoredPatch accepted = new StoredPatch(metadata.id(), build, metadata.target(),
                    StoredPatch.State.ACCEPTED, Instant.now(), "", next(metadata.id(), build),
                    container.comment().strip(), origin,
                    PatchEntry.file(directory, build, metadata.id(), content), allowed, Map.of());
            PatchEntry.add(directory, accepted, content);
            return accepted;
        });
    }

    /** A patch that stays accepted keeps its place, because others may depend on it. */
    private long next(PatchId id, String build) throws IOException {
        List<StoredPatch> known = patches();
        return known.stream().filter(patch -> patch.id().equals(id) && patch.build().equals(build)
                && patch.state() == StoredPatch.State.ACCEPTED).map(StoredPatch::order).findFirst()
                .orElse(known.stream().mapToLong(StoredPatch::order).max().orElse(0) + 1);
    }

    /**
     * Withdraws a patch: no process should have it any more. Changes no process. The patch stays in the store, withdrawn, so
     * that whoever looks knows.
     *
     * @param reason for people; may be empty
     * @return the patch as it is now; empty where the store has it no more
     */
    public Optional<StoredPatch> withdraw(StoredPatch patch, String reason) throws IOException {
        return update(patch, now -> now.state() == StoredPatch.State.WITHDRAWN
                ? now
                : now.with(StoredPatch.State.WITHDRAWN, reason));
    }

    /**
     * Holds a patch back from the processes of a user: they should not have it any more. Changes no process.
     *
     * @param user   the user's id
     * @param reason for people
     * @return the patch as it is now; empty where the store has it no more
     */
    public Optional<StoredPatch> holdBack(StoredPatch patch, int user, String reason) throws IOException {
        return update(patch, now -> {
            Map<Integer, String> users = new TreeMap<>(now.heldBack());
            users.putIfAbsent(user, reason);
            return now.holdingBack(users);
        });
    }

    /** A change of what is known of a patch. */
    @FunctionalInterface
    private interface Change {
        StoredPatch of(StoredPatch now);
    }

    private Optional<StoredPatch> update(StoredPatch patch, Change change) throws IOException {
        return directory.change(() -> {
            Optional<StoredPatch> now = current(patch);
            if (now.isEmpty()) {
                return now;
            }
            StoredPatch next = change.of(now.get());
            if (!next.equals(now.get())) {
                PatchEntry.update(directory, next);
            }
            return Optional.of(next);
        });
    }

    private Optional<StoredPatch> current(StoredPatch patch) throws IOException {
        return patches().stream()
                .filter(known -> known.id().equals(patch.id()) && known.build().equals(patch.build())).findFirst();
    }

    /** Forgets a patch. Processes that have it keep it. */
    public void forget(StoredPatch patch) throws IOException {
        directory.change(() -> {
            Optional<StoredPatch> now = current(patch);
            if (now.isPresent()) {
                PatchEntry.remove(directory, now.get());
            }
            return now;
        });
    }

    /**
     * Becomes the only watcher of this store.
     *
     * @return what ends that, which the end of this process does, too; empty where there is another watcher
     */
    public Optional<AutoCloseable> watch() throws IOException {
        return directory.watch();
    }

    @Override
    public String toString() {
        return "patches in " + RawText.of(directory());
    }
}
