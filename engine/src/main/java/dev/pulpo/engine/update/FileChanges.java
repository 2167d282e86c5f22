package dev.pulpo.engine.update;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.FileChange;
import dev.pulpo.engine.OutdatedFile;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.target.InstalledFile;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.ffm.FileStatus;
import dev.pulpo.ffm.OpenFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * What has changed in files. Files that belong to others than root may be made to be hard to compare: each comparison has a
 * limit, and all comparisons of such files together have one. Thread-safe: one comparison at a time.
 */
public final class FileChanges {
    private static final Duration EACH = Duration.ofMinutes(3);
    private static final Duration OF_OTHERS = Duration.ofSeconds(60);

    /** Both files, each in this version of its content. */
    private record Pair(FileStatus old, FileStatus replacement, boolean published) {}

    private final ChangeStore store;
    private final Map<Pair, FileChange> known = new HashMap<>();
    private long ofOthersNanos;

    /** @param directory where results are kept; nobody but root and this user can change it */
    public FileChanges(Path directory) {
        store = new ChangeStore(directory);
    }

    /**
     * What has changed in a file; a refusal where the new file may not be used.
     *
     * @throws dev.pulpo.engine.TargetGoneException where the process has ended
     */
    public synchronized FileChange of(OutdatedFile file) {
        int tid = ProcFs.anyLiveThread(file.pid());
        TargetFiles files = new TargetFiles(file.pid(), tid);
        int user = ProcFs.status(file.pid(), tid).fileSystemUser();
        Optional<OpenFile> loaded = files.mapped(ReplacedFiles.mapping(file));
        if (loaded.isEmpty()) {
            throw new TargetUnreadableException(file.pid(),
                    file.path() + " is not mapped any more, or only root may read what is");
        }
        try (OpenFile old = loaded.get(); InstalledFile installed = files.installed(file.path(), user)) {
            if (installed.objection().isPresent()) {
                return refused(file, "the installed file is not used: " + installed.objection().get());
            }
            boolean published = installed.isPublic() && old.status().isReadableByAll();
            Pair pair = new Pair(old.status(), installed.status(), published);
            FileChange change = known.get(pair);
            if (change == null) {
                change = compared(file, old, installed, published);
                known.put(pair, change);
            }
            return change;
        } catch (IOException e) {
            return refused(file, "it cannot be compared: " + RawText.asData(String.valueOf(e.getMessage())));
        }
    }

    private FileChange compared(OutdatedFile file, OpenFile old, InstalledFile installed, boolean published)
            throws IOException {
        // In a mount namespace of its own a user's process may name any file of root's by the name of any other.
        boolean roots = file.ownView() && isRoots(old.status()) && isRoots(installed.status());
        long left = roots ? EACH.toNanos() : Math.min(EACH.toNanos(), OF_OTHERS.toNanos() - ofOthersNanos);
        if (left <= 0) {
            return refused(file, "comparing files of users and containers has taken " + OF_OTHERS.toSeconds()
                    + " s; ask for this process alone");
        }
        long began = System.nanoTime();
        // The thread has descriptors of its own: it may outlast the wait for it.
        OpenFile loaded = old.readable();
        OpenFile replaced = readable(installed, loaded);
        FutureTask<FileChange> work = new FutureTask<>(() -> {
            try (loaded;
                    replaced;
                    FileCopies copies = FileCopies.of(store.directory(), file.path(), loaded, replaced)) {
                return new FileComparison(copies, file.path(), published).run(store);
            }
        });
        Thread.ofPlatform().daemon().name("pulpo-compare").start(work);
        try {
            return work.get(left, TimeUnit.NANOSECONDS);
        } catch (TimeoutException late) {
            return refused(file, "comparing it takes more than " + TimeUnit.NANOSECONDS.toSeconds(left) + " s");
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof IOException known) {
                throw known;
            }
            return refused(file, "it cannot be compared: " + RawText.asData(String.valueOf(failed.getCause())));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return refused(file, "interrupted while it was compared");
        } finally {
            ofOthersNanos += roots ? 0 : System.nanoTime() - began;
        }
    }

    /** @param other is closed where this fails */
    private static OpenFile readable(InstalledFile installed, OpenFile other) throws IOException {
        try {
            return installed.readable();
        } catch (IOException | RuntimeException failed) {
            other.close();
            throw failed;
        }
    }

    private static boolean isRoots(FileStatus status) {
        return status.owner() == 0 && !status.isWritableByOthers();
    }

    private static FileChange refused(OutdatedFile file, String reason) {
        return FileChange.refused(file.loaded().map(BuildId::hex).orElse(""),
                file.installed().map(BuildId::hex).orElse(""), "", List.of(reason));
    }
}
