package dev.pulpo.engine.borrow;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.ffm.Processes;
import dev.pulpo.stub.FileTrust;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A file that the target is to load, and whether its loader may be given the file's name: the target sees the same file under
 * it, and only root and the target's own user can put another file there before the loader opens it. A tool that does not run
 * as root gives its own user's files to that user's processes. The loaded object is compared in any case.
 *
 * <p>Found out before a thread is borrowed, because it takes longer than loading. Threads may see different files
 * (CLONE_FS, clone(2)); it is found out again if another thread is borrowed than the one that was expected.
 *
 * @param file   as this process sees it
 * @param name   as the target sees it
 * @param tid    the thread that was asked
 * @param usable whether its loader may be given the name
 */
public record NamedFile(Path file, Path name, int tid, boolean usable) {
    private static final Path ROOT = Path.of("/");

    /**
     * Finds out.
     *
     * @param image of the target
     * @param file  as this process sees it
     * @param name  as the target sees it
     */
    public static NamedFile of(ProcessImage image, Path file, Path name) {
        return of(image.pid(), image.tid(), file, name);
    }

    private static NamedFile of(int pid, int tid, Path file, Path name) {
        TargetFiles files = new TargetFiles(pid, tid);
        return new NamedFile(file, name, tid, files.has(file, RawText.of(name))
                && (Processes.effectiveUser() != 0 || isSafe(pid, tid, file, name, files)));
    }

    /** Whether the loader may be given the name on this thread. */
    boolean isUsableOn(ThreadLoan loan) {
        return loan.tid() == tid ? usable : of(loan.pid(), loan.tid(), file, name).usable;
    }

    private static boolean isSafe(int pid, int tid, Path file, Path name, TargetFiles files) {
        // A thread that has ended is not the one that will be borrowed.
        Optional<ProcFs.Status> status = ProcFs.findStatus(pid, tid);
        if (status.isEmpty()) {
            return false;
        }
        int user = status.get().fileSystemUser();
        try {
            String directory = RawText.of(Optional.ofNullable(name.toAbsolutePath().getParent()).orElse(ROOT));
            return FileTrust.of(user).weakness(file).isEmpty()
                    && (files.hasSameView() || files.isSafeDirectory(directory.equals("/") ? "" : directory, user));
        } catch (IOException unknown) {
            return false;
        }
    }
}
