package dev.pulpo.engine.borrow;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.Remedy;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Brings the content of a file to a place where the target's loader can open it. The tool usually has more rights than the
 * target, so it opens, creates and writes no file on its behalf. The borrowed thread does that with its own rights; the tool
 * writes the bytes into the target's memory. The content goes into a sealed anonymous file (memfd_create(2)), which the
 * loader opens through procfs. If the target's root directory has no procfs, it goes into a file there while loading lasts.
 * The target can lie in all this, so what its loader has mapped is compared afterwards.
 */
final class FileDelivery implements AutoCloseable {
    /**
     * glibc takes an object loaded under the same name for the requested one, without looking at the file; and descriptor
     * numbers are reused. So every delivery has a path of its own.
     */
    private static final AtomicInteger PATH_VARIANTS = new AtomicInteger((int) ProcessHandle.current().pid() % 97);

    /** Directories for the file, the most temporary first. */
    private static final List<String> DIRECTORIES = List.of("/tmp", "/dev/shm", "/var/tmp", "/run", "");

    /** Prefix of anonymous files' names in the target's map. */
    private static final String NAME_PREFIX = "pulpo:";
    /** Longer names are an error (memfd_create(2)). */
    private static final int LONGEST_NAME = 249;
    private static final int RANDOM_BYTES = 12;
    private static final int OWNER_MAY_READ = 0400;

    private final String path;
    private final Runnable undo;

    /**
     * Makes system calls on the borrowed thread.
     *
     * @param site its memory for arguments is free between calls
     */
    record Calls(CallSite site, SystemCall systemCall) {
        /** Makes a system call; returns the result, or the negated error number. */
        interface SystemCall {
            long make(int number, long... arguments);
        }

        private long call(int number, long... arguments) {
            return systemCall.make(number, arguments);
        }

        private RemoteAddress buffer() {
            return ThreadLoan.argumentsAt(site);
        }

        private long bufferBytes() {
            return ThreadLoan.argumentBytes(site);
        }
    }

    private FileDelivery(String path, Runnable undo) {
        this.path = path;
        this.undo = undo;
    }

    /**
     * Delivers content.
     *
     * @param name for people
     * @throws RefusedException                  where the target has no place for it, or its file size limit is too low
     * @throws dev.pulpo.ffm.SystemCallException where a system call of the target failed
     */
    static FileDelivery of(ThreadLoan loan, ByteSource content, Path name, Calls calls) {
        ProcFs.Status status = ProcFs.status(loan.pid(), loan.tid());
        long limit = ProcFs.fileSizeLimit(loan.pid());
        if (Long.compareUnsigned(limit, content.size()) < 0) {
            // A write beyond the limit would send the thread a SIGXFSZ (setrlimit(2)), which ends the process.
            throw refused(loan,
                    "it may make no file of more than " + limit + " bytes, and " + RawText.of(name) + " has "
                            + content.size(),
                    Remedy.Action.RAISE_FILE_LIMIT);
        }
        TargetFiles files = new TargetFiles(loan.pid(), loan.tid());
        return procfs(files, status)
                .map(procfs -> inMemory(loan, content, name, calls, procfs))
                .orElseGet(() -> inFile(loan, content, calls, place(loan, files, status)));
    }

    private static RefusedException refused(ThreadLoan loan, String reason, Remedy... remedies) {
        return new RefusedException(loan.pid(), new Refusal.LoadingForbidden(List.of(reason), List.of(remedies)));
    }

    /** The target's path of its procfs: its root may lack one, or be procfs itself. */
    private static Optional<String> procfs(TargetFiles files, ProcFs.Status status) {
        int inner = status.innerId("NStgid");
        return List.of("/proc", "").stream().filter(procfs -> files.isProcfs(procfs + "/" + inner + "/fd"))
                .findFirst();
    }

    private static FileDelivery inMemory(ThreadLoan loan, ByteSource content, Path name, Calls calls, String procfs) {
        byte[] shown = RawText.encode((NAME_PREFIX + RawText.of(name.getFileName())).replaceFirst("\\.so$", ""));
        write(loan.memory(), calls, shown, LONGEST_NAME);
        long made = calls.call(SystemCalls.MEMFD_CREATE, calls.buffer().value(),
                SystemCalls.SEALABLE | SystemCalls.EXECUTABLE);
        if (made == -Errno.EINVAL) {
            // Before Linux 6.3 every such file was executable, and there was no flag.
            made = calls.call(SystemCalls.MEMFD_CREATE, calls.buffer().value(), SystemCalls.SEALABLE);
        }
        long descriptor = check(loan, "memfd_create", made);
        StringBuilder path = new StringBuilder(procfs).append("/self/fd/");
        path.repeat("./", PATH_VARIANTS.incrementAndGet() % 1000).append(descriptor);
        FileDelivery delivery = new FileDelivery(path.toString(), unlessLost(loan,
                () -> calls.call(SystemCalls.CLOSE, descriptor)));
        return delivery.filled(() -> {
            fill(loan, content, calls, descriptor);
            check(loan, "fcntl(F_ADD_SEALS)",
                    calls.call(SystemCalls.FCNTL, descriptor, SystemCalls.ADD_SEALS, SystemCalls.ALL_SEALS));
        });
    }

    private static String place(ThreadLoan loan, TargetFiles files, ProcFs.Status status) {
        return DIRECTORIES.stream().filter(directory -> files.isSafeDirectory(directory, status.fileSystemUser()))
                .findFirst()
                .orElseThrow(() -> refused(loan, "its root directory has no procfs and none of " + DIRECTORIES
                        + " is a directory for code that only root and its user can change; mount a procfs there"));
    }

    private static FileDelivery inFile(ThreadLoan loan, ByteSource content, Calls calls, String directory) {
        loan.forbids(SystemCalls.COPYING).ifPresent(reason -> {
            throw refused(loan, reason);
        });
        String path = directory + "/.pulpo-" + random() + ".so";
        byte[] name = path.getBytes(StandardCharsets.UTF_8);
        write(loan.memory(), calls, name, name.length);
        long descriptor = check(loan, "open(" + path + ")", calls.call(SystemCalls.OPENAT, SystemCalls.AT_FDCWD,
                calls.buffer().value(), SystemCalls.CREATE_NEW, OWNER_MAY_READ));
        FileDelivery delivery = new FileDelivery(path, unlessLost(loan, () -> {
            write(loan.memory(), calls, name, name.length);
            check(loan, "unlink(" + path + ")",
                    calls.call(SystemCalls.UNLINKAT, SystemCalls.AT_FDCWD, calls.buffer().value(), 0));
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

    private FileDelivery filled(Runnable filling) {
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

    /** Writes the content in parts. A partial write is an error: nothing interrupts it. */
    private static void fill(ThreadLoan loan, ByteSource content, Calls calls, long descriptor) {
        MemorySegment buffer = loan.allocate(Math.min(content.size(), calls.bufferBytes()));
        for (long done = 0; done < content.size();) {
            long part = Math.min(content.size() - done, buffer.byteSize());
            loan.memory().write(calls.buffer(), buffer.asSlice(0, part).copyFrom(content.slice(done, part)));
            long written = check(loan, "write",
                    calls.call(SystemCalls.WRITE, descriptor, calls.buffer().value(), part));
            if (written != part) {
                throw refused(loan,
                        "it wrote " + written + " of " + part + " bytes of a file; is its file system full?");
            }
            done += part;
        }
    }

    /** Writes a string with its terminating NUL; cuts a string that is too long. */
    private static void write(TraceeMemory memory, Calls calls, byte[] text, int longest) {
        byte[] terminated = new byte[Math.min(text.length, longest) + 1];
        System.arraycopy(text, 0, terminated, 0, terminated.length - 1);
        memory.write(calls.buffer(), terminated);
    }

    /** Checks the result of a system call of the target, which the target may have forged. */
    private static long check(ThreadLoan loan, String call, long result) {
        Errno.check(call + " in process " + loan.pid(), result);
        if (result < 0 || result > Integer.MAX_VALUE) {
            throw refused(loan, call + " returned " + result + " in it, which the kernel never does");
        }
        return result;
    }

    /** The path for the target's loader. */
    String path() {
        return path;
    }

    /** Closes or removes the file; what was loaded from it stays. */
    @Override
    public void close() {
        undo.run();
    }
}
