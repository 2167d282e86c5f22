package dev.pulpo.engine.image;

import dev.pulpo.elf.FileTree;
import dev.pulpo.elf.MappedFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.ffm.FileStatus;
import dev.pulpo.ffm.OpenFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The files that a process names or maps: the one way from here to any of them. The process may be hostile, so nothing is
 * opened before it is known to be a regular file that is stored somewhere, no link leads out of the process's root
 * directory, and what has been looked at is what is opened ({@link OpenFile}). Immutable.
 */
public final class TargetFiles implements FileTree {
    private final int pid;
    private final int tid;

    /** @param tid a live thread of the process; files are reached through it */
    public TargetFiles(int pid, int tid) {
        this.pid = pid;
        this.tid = tid;
    }

    /**
     * The file behind a mapping: through {@code map_files}, which leads to the very file, or by its name where the file
     * that is there is the one that is mapped. Empty where neither can be had, or it is no regular file.
     *
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    Optional<OpenFile> mapped(Mapping mapping) {
        Optional<OpenFile> exact = readable(() -> OpenFile.mapped(pid, mapping.start(), mapping.end()), mapping, true);
        // A process of the same user may be looked at without the capability that map_files needs.
        return exact.isPresent()
                ? exact
                : readable(() -> OpenFile.inRoot(pid, tid, bytes(mapping.path()), OpenFile.Links.NOT_LAST), mapping,
                        false);
    }

    /** A way to a file. */
    @FunctionalInterface
    private interface Way {
        OpenFile open() throws IOException;
    }

    private static Optional<OpenFile> readable(Way way, Mapping mapping, boolean exact) {
        try (OpenFile found = way.open()) {
            return isBehind(mapping, found, exact) ? Optional.of(found.readable()) : Optional.empty();
        } catch (IOException unreachable) {
            // Another way may lead to it, and whoever needs the file reports that none did.
            return Optional.empty();
        }
    }

    /** Overlays show other numbers in the map than stat(2) tells; there the kernel's own link is all there is to go by. */
    private static boolean isBehind(Mapping mapping, OpenFile file, boolean exact) {
        FileStatus status = file.status();
        boolean sameDevice = status.device().equals(mapping.device());
        return status.inode() == mapping.inode() && sameDevice
                || (exact || status.inode() == mapping.inode()) && file.hasOtherNumbers();
    }

    /**
     * {@inheritDoc}
     *
     * <p>Links are followed as the process would.
     *
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    @Override
    public Optional<MappedFile> open(String name) {
        try (OpenFile found = OpenFile.inRoot(pid, tid, bytes(name), OpenFile.Links.FOLLOWED);
                OpenFile readable = found.readable()) {
            return Optional.of(ObjectFiles.mapped(readable, name, ReadLimits.PROCESS.fileBytes()));
        } catch (IOException absent) {
            return Optional.empty();
        }
    }

    /** Whether the process reaches this very file of ours under a name. */
    public boolean has(Path file, String name) {
        try (OpenFile own = OpenFile.own(file);
                OpenFile theirs = OpenFile.inRoot(pid, tid, bytes(name), OpenFile.Links.FOLLOWED)) {
            return own.status().isSameFile(theirs.status());
        } catch (IOException absent) {
            return false;
        }
    }

    /** Whether a name leads to a directory of a procfs. */
    public boolean isProcfs(String name) {
        try (OpenFile found = OpenFile.inRoot(pid, tid, bytes(name), OpenFile.Links.NONE)) {
            return found.status().isDirectory() && found.isInProcfs();
        } catch (IOException absent) {
            return false;
        }
    }

    /**
     * Whether a file that a process makes in a directory stays what it is until the process has loaded it: nobody but root
     * and the process's own user can rename or replace the file, the directory or one above it, and the file system lets
     * code be mapped.
     *
     * @param directory absolute, without a link in it; empty for the root directory
     * @param user      the process's effective user
     */
    public boolean isSafePlace(String directory, int user) {
        for (int end = 0; end >= 0; end = end == directory.length() ? -1 : next(directory, end)) {
            String part = directory.substring(0, end);
            try (OpenFile found = OpenFile.inRoot(pid, tid, bytes(part + "/"), OpenFile.Links.NONE)) {
                FileStatus status = found.status();
                boolean ours = status.owner() == 0 || status.owner() == user;
                boolean last = end == directory.length();
                if (!status.isDirectory() || !ours || status.isWritableByOthers() && !status.isSticky()
                        || last && !found.allowsCode()) {
                    return false;
                }
            } catch (IOException absent) {
                return false;
            }
        }
        return true;
    }

    /** Where the part of a path ends that is one component longer. */
    private static int next(String path, int end) {
        int slash = path.indexOf('/', end + 1);
        return slash < 0 ? path.length() : slash;
    }

    /** Whether the process sees the same files under the same names as this one; false where that cannot be known. */
    public boolean hasOurView() {
        int self = (int) ProcessHandle.current().pid();
        try (OpenFile own = new TargetFiles(self, self).root(); OpenFile theirs = root()) {
            return own.status().isSameFile(theirs.status())
                    && ProcFs.link(pid, "ns/mnt").equals(ProcFs.link(self, "ns/mnt"));
        } catch (IOException gone) {
            return false;
        }
    }

    private OpenFile root() throws IOException {
        return OpenFile.inRoot(pid, tid, bytes("/"), OpenFile.Links.NONE);
    }

    private static byte[] bytes(String name) {
        return RawText.encode(name);
    }
}
