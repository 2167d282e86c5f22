package dev.pulpo.engine.trace;

import dev.pulpo.engine.image.ObjectFiles;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.SystemCalls;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gets a file to where the target's loader can open it. By its name, where the target sees the same file under it; else,
 * in another mount namespace or root directory, as an anonymous file (memfd_create(2)) that exists in no file system.
 */
final class Delivery implements AutoCloseable {
    /**
     * glibc takes an object that is loaded under the same name for the one that is asked for, without looking at the
     * file; and descriptors are used again. So every delivery goes by a name of its own.
     */
    private static final AtomicInteger DETOURS = new AtomicInteger((int) ProcessHandle.current().pid() % 97);

    private final SystemCall target;
    private final String path;
    private final int descriptor;

    /** A system call that a borrowed thread makes. */
    @FunctionalInterface
    interface SystemCall {
        /** @return the result, or the error number negated */
        long call(int number, long... arguments);
    }

    private Delivery(SystemCall target, String path, int descriptor) {
        this.target = target;
        this.path = path;
        this.descriptor = descriptor;
    }

    /** Whether the target sees the same file under the same name. */
    static boolean isVisible(int pid, int tid, Path file) {
        return isVisible(pid, tid, file, file);
    }

    /** Whether the target sees the same file under this name. */
    static boolean isVisible(int pid, int tid, Path file, Path name) {
        try {
            return Files.isSameFile(file, ObjectFiles.inRoot(pid, tid, name.toString()));
        } catch (IOException absent) {
            return false;
        }
    }

    /** The file by its own name. */
    static Delivery byName(Path file) {
        return new Delivery((number, arguments) -> 0, file.toString(), -1);
    }

    /**
     * The file's content in an anonymous file of the target.
     *
     * @param name address of any string in the target; the kernel shows it in the file's name
     */
    static Delivery anonymous(int pid, int tid, Path file, SystemCall target, RemoteAddress name) {
        long descriptor = target.call(SystemCalls.MEMFD_CREATE, name.value(), 0);
        if (descriptor < 0) {
            throw new SystemCallException("memfd_create() in process " + pid, (int) -descriptor);
        }
        StringBuilder path = new StringBuilder("/proc/self/fd/");
        int detours = DETOURS.incrementAndGet() % 1000;
        path.repeat("./", detours).append(descriptor);
        Delivery delivery = new Delivery(target, path.toString(), (int) descriptor);
        try {
            Files.write(ProcFs.thread(pid, tid).resolve("fd").resolve(Long.toString(descriptor)),
                    Files.readAllBytes(file));
            return delivery;
        } catch (IOException e) {
            delivery.close();
            throw new UncheckedIOException("the content of " + file + " cannot be handed to process " + pid, e);
        }
    }

    /** The name under which the target's loader can open the file. */
    String path() {
        return path;
    }

    /** Closes the anonymous file, if there is one; what was loaded from it stays. */
    @Override
    public void close() {
        if (descriptor >= 0) {
            target.call(SystemCalls.CLOSE, descriptor);
        }
    }
}
