package dev.pulpo.engine;

import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.trace.OwnChild;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.ResourceLimit;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Which processes are meant, among those that carry the stub and may be looked at.
 *
 * @param name the process's name or its program's file name, or a wildcard for one; empty for any
 * @param user the name of the process's user, a wildcard for it, or its number; empty for any
 * @see Wildcard
 */
public record ProcessFilter(Optional<String> name, Optional<String> user) {
    private static final Path PROCFS = Path.of("/proc");

    /** All of them. */
    public static final ProcessFilter ALL = new ProcessFilter(Optional.empty(), Optional.empty());

    /** @throws java.util.regex.PatternSyntaxException where one is no well-formed {@link Wildcard} */
    public ProcessFilter {
        name.ifPresent(Wildcard::new);
        user.ifPresent(Wildcard::new);
    }

    /**
     * The ids of these processes, in ascending order. None is stopped; this process is not among them.
     *
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened, so that some might be missed
     */
    public List<Integer> find() {
        long self = ProcessHandle.current().pid();
        try (Stream<Path> entries = Files.list(PROCFS)) {
            return entries.map(path -> String.valueOf(path.getFileName()))
                    .filter(entry -> entry.matches("\\d{1,9}")).map(Integer::valueOf)
                    .filter(pid -> pid != self && !OwnChild.isOne(pid) && isOfUser(pid) && mentionsStub(pid)
                            && isNamed(pid) && carriesStub(pid))
                    .sorted().toList();
        } catch (IOException e) {
            ResourceLimit.checkOpenFiles(PROCFS);
            throw new UncheckedIOException(e);
        }
    }

    private boolean isOfUser(int pid) {
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

    private boolean isNamed(int pid) {
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

    /** A look that costs little, so that a machine full of other processes is gone through in no time. */
    private static boolean mentionsStub(int pid) {
        try {
            return ProcFile.read(ProcFs.process(pid).resolve("maps"), StandardCharsets.ISO_8859_1).contains("/libpulp");
        } catch (IOException unreadable) {
            return false;
        }
    }

    private static boolean carriesStub(int pid) {
        try (LiveProcess process = LiveProcess.attach(pid)) {
            return process.hasStub();
        } catch (PulpoException | MalformedElfException notOurs) {
            // It ended, or may not be read.
            return false;
        }
    }
}
