package dev.pulpo.engine.target;

import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.ProcessLock;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tells tools at work from others that hold a lock that anyone can hold. A tool may trace the target, has a descriptor of
 * it, and has locked the file of its memory ({@link ProcessLock}). A process that may not trace the target cannot have all
 * three.
 */
public final class OtherTools {
    /** The file of a process's memory, in any mount of procfs, with the id that the process has there. */
    private static final Pattern MEMORY = Pattern.compile("(?:.*/)?(\\d+)(?:/task/\\d+)?/mem", Pattern.DOTALL);

    private final int target;
    private final List<Integer> targetIds;
    private final Set<String> users;

    private OtherTools(int target) {
        this.target = target;
        this.targetIds = PidNamespace.ids(target);
        this.users = new HashSet<>(List.of("0"));
        ProcFs.status(target, target, "Uid").ifPresent(ids -> users.add(ids.split("\\s+")[0]));
    }

    /**
     * Finds a tool at work on a process whose second lock is held.
     *
     * @param holders visible holders of it; empty where they are hidden
     */
    static Optional<ProcessLock.Taken> on(int target, List<Integer> holders) {
        if (holders.isEmpty()) {
            // They may be tools in an enclosing PID namespace, which are invisible here.
            return Optional.of(new ProcessLock.Taken(holders));
        }
        OtherTools tools = new OtherTools(target);
        // The holder blocks the second lock for another tool, too.
        return holders.stream().filter(tools::isAtWork).findFirst()
                .or(() -> ProcFs.processes().stream().filter(tools::isAtWork).findFirst())
                .map(tool -> new ProcessLock.Taken(List.of(tool)));
    }

    private boolean isAtWork(int process) {
        if (process == ProcessHandle.current().pid() || !mayTrace(process)) {
            return false;
        }
        try {
            return hasOpen(process, this::isTarget) && hasLocked(process, targetIds);
        } catch (NoSuchFileException ended) {
            return false;
        } catch (IOException unreadable) {
            // It belongs to root, or is more privileged than this process; it is believed.
            return true;
        }
    }

    /**
     * The kernel's rule (ptrace(2), "Ptrace access mode checking"), as far as it is visible from outside. All user ids of
     * the process count, because anyone can run a set-user-ID program.
     */
    private boolean mayTrace(int process) {
        Optional<ProcFs.Status> status = ProcFs.findStatus(process, process);
        return status.flatMap(lines -> lines.find("Uid"))
                .filter(ids -> users.containsAll(List.of(ids.split("\\s+")).subList(0, 3))).isPresent()
                || status.filter(PtraceDenial::isCapable).isPresent() && isInUserNamespaceOfTarget(process);
    }

    /** Capabilities hold in the user namespace of their owner and those below it (user_namespaces(7)). */
    private boolean isInUserNamespaceOfTarget(int process) {
        Optional<String> theirs = ProcFs.link(process, "ns/user");
        return theirs.isPresent() && (theirs.equals(ProcFs.link(target, "ns/user"))
                || theirs.equals(ProcFs.link((int) ProcessHandle.current().pid(), "ns/user")));
    }

    /** An open file of a process (proc_pid_fd(5)). */
    private record Descriptor(Path fdinfo, String name) {
        /** Its details (proc_pid_fdinfo(5)); empty where it has been closed. */
        String info() throws IOException {
            try {
                return "\n" + ProcFile.read(fdinfo, StandardCharsets.ISO_8859_1);
            } catch (NoSuchFileException closed) {
                return "";
            }
        }
    }

    @FunctionalInterface
    private interface Question {
        boolean isOne(Descriptor descriptor) throws IOException;
    }

    /** A descriptor of a process tells the id (pidfd_open(2)). */
    private boolean isTarget(Descriptor descriptor) throws IOException {
        return descriptor.name.contains("pidfd") && descriptor.info().contains("\nPid:\t" + target + "\n");
    }

    /**
     * Whether a process has locked the memory of a process with one of these ids in its PID namespace.
     *
     * @throws IOException where its files cannot be read
     */
    public static boolean hasLocked(int process, Collection<Integer> ids) throws IOException {
        Predicate<String> isMeant = id -> ids.stream().anyMatch(known -> id.equals(known.toString()));
        return hasOpen(process, descriptor -> {
            Matcher memory = MEMORY.matcher(descriptor.name);
            return memory.matches() && isMeant.test(memory.group(1)) && descriptor.info().contains("FLOCK");
        });
    }

    private static boolean hasOpen(int process, Question question) throws IOException {
        Path fdinfo = ProcFs.process(process).resolve("fdinfo");
        try (DirectoryStream<Path> files = Files.newDirectoryStream(ProcFs.process(process).resolve("fd"))) {
            for (Path file : files) {
                Optional<String> name = ProcFs.link(process, "fd/" + file.getFileName());
                if (name.isPresent()
                        && question.isOne(new Descriptor(fdinfo.resolve(file.getFileName()), name.get()))) {
                    return true;
                }
            }
            return false;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }
}
