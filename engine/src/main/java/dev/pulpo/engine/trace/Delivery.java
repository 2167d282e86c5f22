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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gets a file to where the target's loader can open it. By its name, where the target sees the same file under it; else,
 * in another mount namespace or root directory, as an anonymous file (memfd_create(2)) that exists in no file system. The
 * loader opens that through procfs; where the target's root directory has none, a copy is put there for as long as it takes.
 */
final class Delivery implements AutoCloseable {
    /**
     * glibc takes an object that is loaded under the same name for the one that is asked for, without looking at the
     * file; and descriptors are used again. So every delivery goes by a name of its own.
     */
    private static final AtomicInteger DETOURS = new AtomicInteger((int) ProcessHandle.current().pid() % 97);

    /** Where a copy can be put, the most temporary place first. */
    private static final List<String> PLACES = List.of("/tmp", "/dev/shm", "/var/tmp", "/run", "");

    private final String path;
    private final Runnable undo;

    /** A system call that a borrowed thread makes. */
    @FunctionalInterface
    interface SystemCall {
        /** @return the result, or the error number negated */
        long call(int number, long... arguments);
    }

    private Delivery(String path, Runnable undo) {
        this.path = path;
        this.undo = undo;
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
        return new Delivery(file.toString(), () -> {});
    }

    /**
     * The file's content, under a name that is the target's alone.
     *
     * @param name address of any string in the target; the kernel shows it in the file's name
     */
    static Delivery anonymous(int pid, int tid, Path file, SystemCall target, RemoteAddress name) {
        try {
            Optional<String> descriptors = descriptors(pid, tid);
            return descriptors.isPresent()
                    ? inMemory(pid, tid, file, target, name, descriptors.get())
                    : copied(pid, tid, file);
        } catch (IOException e) {
            throw new UncheckedIOException("the content of " + file + " cannot be handed to process " + pid, e);
        }
    }

    /** Where the target sees its own descriptors: its root may be one without procfs, or procfs itself. */
    private static Optional<String> descriptors(int pid, int tid) {
        int inner = ProcFs.status(pid, tid).innerId("NStgid");
        for (String procfs : List.of("/proc", "")) {
            if (Files.isDirectory(ObjectFiles.inRoot(pid, tid, procfs + "/" + inner + "/fd"))) {
                return Optional.of(procfs + "/self/fd/");
            }
        }
        return Optional.empty();
    }

    private static Delivery inMemory(int pid, int tid, Path file, SystemCall target, RemoteAddress name,
            String descriptors) throws IOException {
        long descriptor = target.call(SystemCalls.MEMFD_CREATE, name.value(), 0);
        if (descriptor < 0) {
            throw new SystemCallException("memfd_create() in process " + pid, (int) -descriptor);
        }
        StringBuilder path = new StringBuilder(descriptors);
        path.repeat("./", DETOURS.incrementAndGet() % 1000).append(descriptor);
        Delivery delivery = new Delivery(path.toString(), () -> target.call(SystemCalls.CLOSE, descriptor));
        try {
            Files.write(ProcFs.thread(pid, tid).resolve("fd").resolve(Long.toString(descriptor)),
                    Files.readAllBytes(file));
            return delivery;
        } catch (IOException e) {
            delivery.close();
            throw e;
        }
    }

    private static Delivery copied(int pid, int tid, Path file) throws IOException {
        IOException last = new IOException("its root directory has no place for a copy");
        for (String place : PLACES) {
            Path directory = ObjectFiles.inRoot(pid, tid, place);
            if (!Files.isDirectory(directory)) {
                continue;
            }
            try {
                Path copy = Files.createTempFile(directory, ".pulpo-", ".so");
                Delivery delivery = new Delivery(place + "/" + copy.getFileName(), () -> delete(copy));
                try {
                    Files.write(copy, Files.readAllBytes(file));
                    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("r-xr-xr-x"));
                    return delivery;
                } catch (IOException e) {
                    delivery.close();
                    throw e;
                }
            } catch (IOException e) {
                last = e;
            }
        }
        throw last;
    }

    private static void delete(Path copy) {
        try {
            Files.delete(copy);
        } catch (IOException e) {
            throw new UncheckedIOException("a temporary file cannot be removed", e);
        }
    }

    /** The name under which the target's loader can open the file. */
    String path() {
        return path;
    }

    /** Removes what was made for it; what was loaded from it stays. */
    @Override
    public void close() {
        undo.run();
    }
}
