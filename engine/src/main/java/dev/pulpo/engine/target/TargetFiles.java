package dev.pulpo.engine.target;

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
 * The files that a process names or maps, and the only way to them. The process may be hostile. So nothing is opened before
 * it is known to be a regular file that is stored somewhere, no link leads out of the process's root directory, and exactly
 * the checked file is opened ({@link OpenFile}). Immutable.
 */
public final class TargetFiles implements FileTree {
    private final int pid;
    private final int tid;

    /** @param tid a live thread of the process, through which files are reached */
    public TargetFiles(int pid, int tid) {
        this.pid = pid;
        this.tid = tid;
    }

    /**
     * The file of a mapping: through {@code map_files}, which leads to exactly that file, or by name if the file there is
     * the mapped one. Empty where neither works, or it is no regular file.
     *
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    public Optional<OpenFile> mapped(Mapping mapping) {
        Optional<OpenFile> exact = readable(() -> OpenFile.mapped(pid, mapping.start(), mapping.end()), mapping, true);
        // For a process of the same user the capability for map_files may be missing.
        return exact.isPresent()
                ? exact
                : readable(() -> OpenFile.inRoot(pid, tid, bytes(mapping.path()), OpenFile.Links.NOT_LAST), mapping,
                        false);
    }

    /**
     * Whether the file that has the name of a mapping now is the mapped one. For overlays, where numbers differ, the kernel's
     * own link says which one is mapped.
     *
     * @throws IOException where no file has the name
     */
    public boolean isStillMapped(Mapping mapping) throws IOException {
        try (OpenFile named = OpenFile.inRoot(pid, tid, bytes(mapping.path()), OpenFile.Links.NOT_LAST)) {
            if (mapping.deleted() || !named.hasOtherNumbers()) {
                return !mapping.deleted() && isMapped(mapping, named, false);
            }
            try (OpenFile exact = OpenFile.mapped(pid, mapping.start(), mapping.end())) {
                return exact.status().isSameFile(named.status());
            } catch (IOException forbidden) {
                return isMapped(mapping, named, false);
            }
        }
    }

    /**
     * The file that has a name now.
     *
     * @param user the process's user
     * @throws IOException where there is none
     */
    public InstalledFile installed(String name, int user) throws IOException {
        return InstalledFile.find(root(), name, user);
    }

    /** The root directory and the mounts that names are looked up in; equal for processes that see the same files. */
    public String view() throws IOException {
        try (OpenFile root = root()) {
            return root.status().device() + " " + root.status().inode() + " " + ProcFs.link(pid, "ns/mnt").orElse("");
        }
    }

    /** Opens a file in one way. */
    @FunctionalInterface
    private interface Way {
        OpenFile open() throws IOException;
    }

    private static Optional<OpenFile> readable(Way way, Mapping mapping, boolean exact) {
        try (OpenFile found = way.open()) {
            return isMapped(mapping, found, exact) ? Optional.of(found.readable()) : Optional.empty();
        } catch (IOException unreachable) {
            // Another way may work, and a caller that needs the file reports that none did.
            return Optional.empty();
        }
    }

    /** For overlays the map shows other numbers than stat(2); there only the kernel's own link counts. */
    private static boolean isMapped(Mapping mapping, OpenFile file, boolean exact) {
        FileStatus status = file.status();
        boolean sameDevice = status.device().equals(mapping.device());
        return status.inode() == mapping.inode() && sameDevice
                || (exact || status.inode() == mapping.inode()) && file.hasOtherNumbers();
    }

    /**
     * {@inheritDoc}
     *
     * <p>Follows links as the process would.
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

    /** Whether the process sees this file of ours under a name. */
    public boolean has(Path file, String name) {
        try (OpenFile own = OpenFile.own(RawText.encode(RawText.of(file)), RawText.of(file));
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
     * Whether a file that the process creates in a directory stays unchanged until the process has loaded it: only root and
     * the process's own user can rename or replace the file, the directory or one above it, and the file system allows
     * mapping code.
     *
     * @param directory absolute, without links; empty for the root directory
     * @param user      the process's effective user
     */
    public boolean isSafeDirectory(String directory, int user) {
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

    /** The end of the prefix that is one component longer. */
    private static int next(String path, int end) {
        int slash = path.indexOf('/', end + 1);
        return slash < 0 ? path.length() : slash;
    }

    /** Whether the process sees the same files under the same names as this process; false where that is unknown. */
    public boolean hasSameView() {
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
