package dev.pulpo.engine;

import dev.pulpo.elf.BuildId;
import dev.pulpo.ffm.RemoteAddress;
import java.util.Optional;

/**
 * A file whose code a process runs, and whose name belongs to another build now, or to none.
 *
 * @param pid       the process
 * @param path      as the process has mapped it
 * @param loaded    build-id of the code that the process runs, if it has one
 * @param installed build-id of the file that has the name now; empty where it has none, or there is no such file
 * @param gone      whether no file has the name any more
 * @param ownView   whether the process sees the same files as this process; containers do not
 * @param objection why the process may not be given the code of the new file; empty where it may
 * @param mapped    where the loaded file is mapped
 */
public record OutdatedFile(int pid, String path, Optional<BuildId> loaded, Optional<BuildId> installed, boolean gone,
        boolean ownView, Optional<String> objection, Mapped mapped) {
    /**
     * A mapping of a file.
     *
     * @param start  first address
     * @param end    first address after it
     * @param device of the file, as in the map of the process
     * @param inode  of the file
     */
    public record Mapped(RemoteAddress start, RemoteAddress end, String device, long inode) {}

    @Override
    public String toString() {
        return path + ": " + (gone
                ? "the file is gone"
                : "build " + text(loaded) + " is loaded, and build " + text(installed) + " is installed");
    }

    private static String text(Optional<BuildId> build) {
        return build.map(BuildId::hex).orElse("without build-id");
    }
}
