package dev.pulpo.engine.target;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.ffm.FileStatus;
import dev.pulpo.ffm.OpenFile;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The file that has a name in the root directory of a process now. Its code may be given to the process if the process's own
 * user could have started it, and only root and that user can have put it there: root and the user own the file and each
 * directory on the way to it, nobody else may write to them, and the user may search and read them. Otherwise a tool of root
 * would bring a third user's code into the process, or tell the process what a file says that it may not read.
 *
 * <p>The way is walked from descriptor to descriptor, without links. So what was looked at is what is used, whatever the
 * process does to names and mounts meanwhile.
 */
public final class InstalledFile implements AutoCloseable {
    /** {@code S_IROTH} and {@code S_IXOTH}, and those of the owner (inode(7)). */
    private static final int OTHERS_READ = 04;
    private static final int OTHERS_SEARCH = 01;
    private static final int OWNER_READS = 0400;
    private static final int OWNER_SEARCHES = 0100;

    private final OpenFile file;
    private final String name;
    private final Optional<String> objection;
    private final boolean isPublic;

    private InstalledFile(OpenFile file, String name, Optional<String> objection, boolean isPublic) {
        this.file = file;
        this.name = name;
        this.objection = objection;
        this.isPublic = isPublic;
    }

    /**
     * Walks to a file.
     *
     * @param root is closed
     * @param name absolute, without links
     * @param user the process's user
     * @throws IOException where there is none
     */
    static InstalledFile find(OpenFile root, String name, int user) throws IOException {
        OpenFile at = root;
        Optional<String> objection = Optional.empty();
        boolean isPublic = true;
        StringBuilder way = new StringBuilder();
        try {
            for (String part : name.split("/", -1)) {
                if (part.equals(".") || part.equals("..")) {
                    throw new NoSuchFileException(name);
                }
                if (part.isEmpty()) {
                    continue;
                }
                objection = objection.or(objection(at.status(), way.isEmpty() ? "/" : way.toString(), user,
                        OTHERS_SEARCH, OWNER_SEARCHES));
                isPublic &= (at.status().mode() & OTHERS_SEARCH) != 0;
                OpenFile next = at.entry(RawText.encode(part));
                at.close();
                at = next;
                way.append('/').append(part);
            }
            if (objection.isEmpty() && !at.status().isRegular()) {
                objection = Optional.of(name + " is " + at.status().kind());
            }
            objection = objection.or(objection(at.status(), name, user, OTHERS_READ, OWNER_READS));
            return new InstalledFile(at, name, objection, isPublic && (at.status().mode() & OTHERS_READ) != 0);
        } catch (IOException | RuntimeException absent) {
            at.close();
            throw absent;
        }
    }

    private static Supplier<Optional<String>> objection(FileStatus status, String way, int user,
            int others, int owner) {
        return () -> {
            if (status.owner() != 0 && status.owner() != user) {
                return Optional.of(way + " belongs to user " + status.owner());
            }
            if (status.isWritableByOthers() && !(status.isDirectory() && status.isSticky())) {
                return Optional.of("others than its owner may write to " + way);
            }
            boolean may = user == 0 || (status.owner() == user && (status.mode() & owner) != 0)
                    || (status.owner() != user && (status.mode() & others) != 0);
            return may ? Optional.empty() : Optional.of("user " + user + " may not read " + way);
        };
    }

    /** Why the process may not be given its code; empty where it may. */
    public Optional<String> objection() {
        return objection;
    }

    /** Whether everybody may read it. */
    public boolean isPublic() {
        return isPublic;
    }

    public FileStatus status() {
        return file.status();
    }

    /** The same file for reading. */
    public OpenFile readable() throws IOException {
        return file.readable();
    }

    /**
     * Its content.
     *
     * @throws IOException                         where it is no regular file, or may not be read
     * @throws dev.pulpo.elf.MalformedElfException where it is no ELF file
     */
    public ElfFile elf() throws IOException {
        try (OpenFile open = readable()) {
            return ObjectFiles.open(open, name, ReadLimits.PROCESS);
        }
    }

    @Override
    public void close() {
        file.close();
    }
}
