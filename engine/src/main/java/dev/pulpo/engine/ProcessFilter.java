package dev.pulpo.engine;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.ffm.ProcFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Selects processes that have the stub and may be read.
 *
 * @param name the process's name or its program's file name, or a wildcard; empty for any
 * @param user name of the process's user, a wildcard, or its number; empty for any
 * @see Wildcard
 */
public record ProcessFilter(Optional<String> name, Optional<String> user) {
    private static final byte[] STUB = "libpulp".getBytes(StandardCharsets.US_ASCII);

    public static final ProcessFilter ALL = new ProcessFilter(Optional.empty(), Optional.empty());

    /** @throws java.util.regex.PatternSyntaxException where one is a malformed {@link Wildcard} */
    public ProcessFilter {
        name.ifPresent(Wildcard::new);
        user.ifPresent(Wildcard::new);
    }

    /**
     * The ids of the selected processes, ascending, without this process. Stops none. A process that seems to have the stub
     * and cannot be read is included: work on it reports why.
     *
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened, so that some might be missed
     */
    public List<Integer> find() {
        return processes().stream().filter(pid -> {
            try {
                return accepts(pid);
            } catch (TargetUnreadableException toBeTold) {
                return true;
            }
        }).toList();
    }

    /**
     * The ids of all processes but this one, ascending, for {@link #accepts}.
     *
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    public static List<Integer> processes() {
        long self = ProcessHandle.current().pid();
        return ProcFs.processes().stream().filter(pid -> pid != self && !OwnChild.isOwnChild(pid)).sorted().toList();
    }

    /**
     * Whether a process is selected; a single step of {@link #find}.
     *
     * @throws TargetUnreadableException         where that cannot be determined
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    public boolean accepts(int pid) {
        return isOfUser(pid) && isNamed(pid) && mayHaveStub(pid) && hasStub(pid);
    }

    /** The name of any process in the kernel; a question mark where it has ended. */
    public static String processName(int pid) {
        return ProcFs.name(pid);
    }

    /** Whether a process belongs to the selected user. One that has ended belongs to none. */
    public boolean isOfUser(int pid) {
        if (user.isEmpty()) {
            return true;
        }
        try {
            Path process = ProcFs.process(pid);
            return user.get().equals(String.valueOf(Files.getAttribute(process, "unix:uid")))
                    || new Wildcard(user.get()).matches(Files.getOwner(process).getName());
        } catch (IOException gone) {
            return false;
        }
    }

    /** Whether a process, with the stub or without, has the selected name. */
    public boolean isNamed(int pid) {
        if (name.isEmpty()) {
            return true;
        }
        Wildcard wildcard = new Wildcard(name.get());
        return wildcard.matches(ProcFs.name(pid)) || programName(pid).filter(wildcard::matches).isPresent();
    }

    private static Optional<String> programName(int pid) {
        try {
            Path program = Files.readSymbolicLink(ProcFs.process(pid).resolve("exe"));
            return Optional.ofNullable(program.getFileName()).map(RawText::of);
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** A cheap test that rules out most processes. */
    private static boolean mayHaveStub(int pid) {
        boolean[] found = new boolean[1];
        try {
            ProcFile.readMaps(ProcFs.process(pid).resolve("maps"), MemoryMap.MOST_BYTES, (bytes, from, to) -> {
                found[0] = contains(bytes, from, to);
                return !found[0];
            });
        } catch (ProcFile.TooLongException e) {
            throw MemoryMap.tooLong(pid, e);
        } catch (IOException unreadable) {
            return false;
        }
        return found[0];
    }

    private static boolean contains(byte[] bytes, int from, int to) {
        for (int at = from; at <= to - STUB.length; at++) {
            if (bytes[at] == STUB[0] && Arrays.equals(bytes, at, at + STUB.length, STUB, 0, STUB.length)) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasStub(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return process.hasStub();
        } catch (TargetGoneException | AccessRefusedException | RefusedException notOurs) {
            return false;
        }
    }
}
