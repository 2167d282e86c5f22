package dev.pulpo.engine.store;

import dev.pulpo.elf.BuildId;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ObjectFiles;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.ffm.FileStatus;
import dev.pulpo.ffm.OpenFile;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Which builds processes run: the build-ids of the files that they map as code. A file is read once for all processes that map
 * it, as long as nobody changes it. Thread-safe.
 */
public final class RunningBuilds {
    /** What is known is forgotten where processes map files without end. */
    private static final int MOST = 100_000;
    private static final String STUB = "libpulp";

    private final Map<FileStatus, String> known = new ConcurrentHashMap<>();

    /**
     * The builds of a process.
     *
     * @param ids     in hexadecimal digits
     * @param hasStub whether it may have the stub: it maps a file of that name
     * @param user    whose process it is: root's only if all its user ids are root's (credentials(7)). Whoever has one of them
     *                may send it signals (kill(2))
     */
    public record Builds(Set<String> ids, boolean hasStub, int user) {
        public Builds {
            ids = Set.copyOf(ids);
        }
    }

    /**
     * The builds of a process; none for a thread of the kernel. Stops nothing.
     *
     * @throws dev.pulpo.engine.PulpoException   where it has ended, or cannot be read
     * @throws dev.pulpo.ffm.SystemCallException where no more files can be opened
     */
    public Builds of(int pid) {
        int tid = ProcFs.anyLiveThread(pid);
        List<Mapping> mappings = MemoryMap.read(pid, tid).mappings();
        TargetFiles files = new TargetFiles(pid, tid);
        Set<String> ids = new HashSet<>();
        Set<Object> seen = new HashSet<>();
        boolean stub = false;
        for (Mapping mapping : mappings) {
            stub |= mapping.path().contains(STUB);
            if (mapping.hasFile() && mapping.isExecutable() && seen.add(List.of(mapping.device(), mapping.inode(),
                    mapping.path()))) {
                build(files, mapping).ifPresent(ids::add);
            }
        }
        return new Builds(ids, stub, ProcFs.status(pid, tid).owner());
    }

    private Optional<String> build(TargetFiles files, Mapping mapping) {
        Optional<FileStatus> status = files.mapped(mapping).map(file -> {
            try (OpenFile open = file) {
                return open.status();
            }
        });
        if (status.isEmpty()) {
            return Optional.empty();
        }
        String build = known.get(status.get());
        if (build == null) {
            build = read(files, mapping);
            if (known.size() > MOST) {
                known.clear();
            }
            known.put(status.get(), build);
        }
        return Optional.of(build).filter(id -> !id.isEmpty());
    }

    private static String read(TargetFiles files, Mapping mapping) {
        try {
            return ObjectFiles.open(files, mapping).flatMap(ElfFile::buildId).map(BuildId::hex).orElse("");
        } catch (MalformedElfException noObject) {
            // A process may map what it likes; without a build-id no patch is for it.
            return "";
        }
    }
}
