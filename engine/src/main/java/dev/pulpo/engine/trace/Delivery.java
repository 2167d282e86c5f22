package dev.pulpo.engine.trace;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.TargetFiles;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.FileTrust;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Gets the content of a file to where the target's loader can open it. The tool has more rights than the target as a rule, so
 * it opens, makes and writes no file for it: the borrowed thread does all that, with the rights that it has, and the tool
 * writes the bytes into the target's memory. They go into an anonymous file (memfd_create(2)), which is sealed and which the
 * loader opens through procfs. Where the target's root directory has no procfs they go into a file there, for as long as
 * loading takes. Whatever the target says on the way is the target's word; what its loader has mapped is compared afterwards.
 */
final class Delivery implements AutoCloseable {
    /**
     * glibc takes an object that is loaded under the same name for the one that is asked for, without looking at the
     * file; and descriptors are used again. So every delivery goes by a name of its own.
     */
    private static final AtomicInteger DETOURS = new AtomicInteger((int) ProcessHandle.current().pid() % 97);

    private static final Path ROOT = Path.of("/");

    /** Where a file can be made, the most temporary place first. */
    private static final List<String> PLACES = List.of("/tmp", "/dev/shm", "/var/tmp", "/run", "");

    /** What anonymous files are called in the target's map, before their own names. */
    private static final String SHOWN_AS = "pulpo:";
    /** The kernel takes longer names for an error (memfd_create(2)). */
    private static final int LONGEST_NAME = 249;
    private static final int RANDOM_BYTES = 12;
    private static final int OWNER_MAY_READ = 0400;

    private final String path;
    private final Runnable undo;

    /** What a borrowed thread is made to do. */
    interface Calls {
        /** Makes a system call; returns the result, or the error number negated. */
        long call(int number, long... arguments);

        /** Where memory of the target is that the calls themselves do not use. */
        RemoteAddress room();

        /** How much of it, in bytes. */
        long roomBytes();
    }

    private Delivery(String path, Runnable undo) {
        this.path = path;
        this.undo = undo;
    }

    /**
     * Whether the target's loader may be given a name: the target sees the very file under it, and nobody but root and the
     * target's own user can put another one there before the loader opens it. A tool that is not root's gives its own user's
     * files to that user's processes; what was loaded is compared in any case.
     *
     * @param file as this process sees it
     * @param name as the target sees it
     */
    static boolean goesByName(ThreadLoan loan, Path file, Path name) {
        TargetFiles files = new TargetFiles(loan.pid(), loan.tid());
        return files.has(file, RawText.of(name))
                && (Processes.effectiveUser() != 0 || staysThere(loan, file, name, files));
    }

    private static boolean staysThere(ThreadLoan loan, Path file, Path name, TargetFiles files) {
        int user = ProcFs.status(loan.pid(), loan.tid()).fileSystemUser();
        try {
            String directory = RawText.of(Optional.ofNullable(name.toAbsolutePath().getParent()).orElse(ROOT));
            return FileTrust.of(user).weakness(file).isEmpty()
                    && (files.hasOurView() || files.isSafePlace(directory.equals("/") ? "" : directory, user));
        } catch (IOException unknown) {
            return false;
        }
    }

    /**
     * Hands content over.
     *
     * @param name what to call it, for people
     * @throws RefusedException    where the target has no place for it, or may make no file so large
     * @throws SystemCallException where a system call of the target failed
     */
    static Delivery of(ThreadLoan loan, ByteSource content, Path name, Calls calls) {
        ProcFs.Status status = ProcFs.status(loan.pid(), loan.tid());
        long limit = ProcFs.fileSizeLimit(loan.pid());
        if (Long.compareUnsigned(limit, content.size()) < 0) {
            // A write beyond it would send the thread a SIGXFSZ (setrlimit(2)), which ends the process.
            throw refused(loan,
                    "it may make no file of more than " + limit + " bytes, and " + RawText.of(name) + " has "
                            + content.size() + "; raise the limit with prlimit --fsize");
        }
        TargetFiles files = new TargetFiles(loan.pid(), loan.tid());
        return procfs(files, status)
                .map(procfs -> inMemory(loan, content, name, calls, procfs))
                .orElseGet(() -> inFile(loan, content, calls, place(loan, files, status)));
    }

    private static RefusedException refused(ThreadLoan loan, String reason) {
        return new RefusedException(loan.pid(), new Refusal.LoadingForbidden(List.of(reason)));
    }

    /** Where the target sees its own descriptors: its root may be one without procfs, or procfs itself. */
    private static Optional<String> procfs(TargetFiles files, ProcFs.Status status) {
        int inner = status.innerId("NStgid");
        return List.of("/proc", "").stream().filter(procfs -> files.isProcfs(procfs + "/" + inner + "/fd"))
                .findFirst();
    }

    private static Delivery inMemory(ThreadLoan loan, ByteSource content, Path name, Calls calls, String procfs) {
        byte[] shown = RawText.encode((SHOWN_AS + RawText.of(name.getFileName())).replaceFirst("\\.so$", ""));
        write(loan.memory(), calls, shown, LONGEST_NAME);
        long made = calls.call(SystemCalls.MEMFD_CREATE, calls.room().value(),
                SystemCalls.SEALABLE | SystemCalls.EXECUTABLE);
        if (made == -Errno.EINVAL) {
            // Before Linux 6.3 there was nothing else, and no flag for it.
            made = calls.call(SystemCalls.MEMFD_CREATE, calls.room().value(), SystemCalls.SEALABLE);
        }
        long descriptor = check(loan, "memfd_create", made);
        StringBuilder path = new StringBuilder(procfs).append("/self/fd/");
        path.repeat("./", DETOURS.incrementAndGet() % 1000).append(descriptor);
        Delivery delivery = new Delivery(path.toString(), unlessLost(loan,
                () -> calls.call(SystemCalls.CLOSE, descriptor)));
        return delivery.filled(() -> {
            fill(loan, content, calls, descriptor);
            check(loan, "fcntl(F_ADD_SEALS)",
                    calls.call(SystemCalls.FCNTL, descriptor, SystemCalls.ADD_SEALS, SystemCalls.ALL_SEALS));
        });
    }

    private static String place(ThreadLoan loan, TargetFiles files, ProcFs.Status status) {
        return PLACES.stream().filter(directory -> files.isSafePlace(directory, status.fileSystemUser())).findFirst()
                .orElseThrow(() -> refused(loan, "its root directory has no procfs and none of " + PLACES
                        + " is a directory for code that only root and its user can change; mount a procfs there"));
    }

    private static Delivery inFile(ThreadLoan loan, ByteSource content, Calls calls, String directory) {
        loan.forbids(SystemCalls.COPYING).ifPresent(reason -> {
            throw refused(loan, reason);
        });
        String path = directory + "/.pulpo-" + random() + ".so";
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        write(loan.memory(), calls, name, name.length);
        long descriptor = check(loan, "open(" + path + ")", calls.call(SystemCalls.OPENAT, SystemCalls.AT_FDCWD,
                calls.room().value(), SystemCalls.CREATE_NEW, OWNER_MAY_READ));
        Delivery delivery = new Delivery(path, unlessLost(loan, () -> {
            write(loan.memory(), calls, name, name.length);
            check(loan, "unlink(" + path + ")",
                    calls.call(SystemCalls.UNLINKAT, SystemCalls.AT_FDCWD, calls.room().value(), 0));
        }));
        return delivery.filled(() -> {
            try {
                fill(loan, content, calls, descriptor);
            } finally {
                unlessLost(loan, () -> calls.call(SystemCalls.CLOSE, descriptor)).run();
            }
        });
    }

    private static String random() {
        byte[] bytes = new byte[RANDOM_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static Runnable unlessLost(ThreadLoan loan, Runnable work) {
        return () -> {
            if (loan.isUsable()) {
                work.run();
            }
        };
    }

    private Delivery filled(Runnable filling) {
        boolean done = false;
        try {
            filling.run();
            done = true;
            return this;
        } finally {
            if (!done) {
                close();
            }
        }
    }

    /** What does not fit into the room goes in parts. A part that is not written whole is an error: nothing interrupts it. */
    private static void fill(ThreadLoan loan, ByteSource content, Calls calls, long descriptor) {
        MemorySegment buffer = loan.allocate(Math.min(content.size(), calls.roomBytes()));
        for (long done = 0; done < content.size();) {
            long part = Math.min(content.size() - done, buffer.byteSize());
            loan.memory().write(calls.room(), buffer.asSlice(0, part).copyFrom(content.slice(done, part)));
            long written = check(loan, "write", calls.call(SystemCalls.WRITE, descriptor, calls.room().value(), part));
            if (written != part) {
                throw refused(loan,
                        "it wrote " + written + " of " + part + " bytes of a file; is its file system full?");
            }
            done += part;
        }
    }

    /** Writes a string and the NUL after it, cut where it is too long. */
    private static void write(TraceeMemory memory, Calls calls, byte[] text, int longest) {
        byte[] terminated = new byte[Math.min(text.length, longest) + 1];
        System.arraycopy(text, 0, terminated, 0, terminated.length - 1);
        memory.write(calls.room(), terminated);
    }

    /** The result of a system call of the target, which can be anything where the target lies. */
    private static long check(ThreadLoan loan, String call, long result) {
        if (result < 0 && result >= -4095) {
            throw new SystemCallException(call + " in process " + loan.pid(), (int) -result);
        }
        if (result < 0 || result > Integer.MAX_VALUE) {
            throw refused(loan, call + " returned " + result + " in it, which the kernel never does");
        }
        return result;
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
