package dev.pulpo.engine.update;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.BuildId;
import dev.pulpo.engine.OutdatedFile;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.target.InstalledFile;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ObjectFiles;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.TargetFiles;
import dev.pulpo.ffm.OpenFile;
import dev.pulpo.stub.StubLayout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;

/**
 * Finds the files of processes that have been replaced since they were mapped. Reads maps and file attributes; a file is
 * opened only if its name leads to another one. What is known of a file holds for all processes that have mapped it and see
 * the same files. Thread-safe.
 */
public final class ReplacedFiles {
    /** A mapped file, and whose names it is looked up among. The user decides what the process may be given. */
    private record Key(String view, int user, String device, long inode, String path, boolean deleted) {}

    /** What was found under the name of a mapped file that is outdated. */
    private record Finding(Optional<BuildId> loaded, Optional<BuildId> installed, boolean gone,
            Optional<String> objection) {}

    /** What is known is forgotten where a process maps files without end. */
    private static final int MOST = 100_000;
    /** Maps of processes that have the stub name a file that is called so. */
    private static final String STUB = "libpulp";

    private final Map<Key, Optional<Finding>> known = new ConcurrentHashMap<>();

    /**
     * The outdated files of a process, by address; empty for a thread of the kernel.
     *
     * @param updated the files that earlier updates have patched; they are listed, too, if they are installed as they were
     *                mapped. Asked for if the process may have the stub
     */
    public List<OutdatedFile> of(int pid, Supplier<Set<String>> updated) {
        int tid = ProcFs.anyLiveThread(pid);
        List<Mapping> code = code(MemoryMap.read(pid, tid));
        if (code.isEmpty()) {
            return List.of();
        }
        TargetFiles files = new TargetFiles(pid, tid);
        int user = ProcFs.status(pid, tid).fileSystemUser();
        List<OutdatedFile> outdated = new ArrayList<>();
        Set<String> patched = code.stream().anyMatch(mapping -> mapping.path().contains(STUB))
                ? updated.get()
                : Set.of();
        if (known.size() > MOST) {
            known.clear();
        }
        try {
            String view = files.view();
            for (Mapping mapping : code) {
                Key key = new Key(view, user, mapping.device(), mapping.inode(), mapping.path(), mapping.deleted());
                Optional<Finding> finding = known.get(key);
                if (finding == null) {
                    finding = look(files, mapping, user);
                    known.put(key, finding);
                }
                finding.or(() -> patched.contains(mapping.path())
                        ? Optional.of(asLoaded(files, mapping))
                        : Optional.empty())
                        .ifPresent(found -> outdated.add(new OutdatedFile(pid, mapping.path(), found.loaded,
                                found.installed, found.gone, files.hasSameView(), found.objection, mapped(mapping))));
            }
        } catch (IOException gone) {
            throw new TargetGoneException(pid, gone);
        }
        return List.copyOf(outdated);
    }

    private static Finding asLoaded(TargetFiles files, Mapping mapping) {
        Optional<BuildId> build = ObjectFiles.open(files, mapping).flatMap(ElfFile::buildId);
        return new Finding(build, build, false, Optional.empty());
    }

    private static OutdatedFile.Mapped mapped(Mapping mapping) {
        return new OutdatedFile.Mapped(mapping.start(), mapping.end(), mapping.device(), mapping.inode());
    }

    /** The mapping that was found. */
    static Mapping mapping(OutdatedFile file) {
        OutdatedFile.Mapped mapped = file.mapped();
        return new Mapping(mapped.start(), mapped.end(), "r-xp", 0, mapped.device(), mapped.inode(), file.path(), true);
    }

    /** One executable mapping for each file. */
    private static List<Mapping> code(MemoryMap map) {
        Set<Object> seen = new HashSet<>();
        return map.mappings().stream()
                .filter(mapping -> mapping.hasFile() && mapping.isExecutable() && mapping.path().startsWith("/"))
                .filter(mapping -> seen.add(List.of(mapping.device(), mapping.inode(), mapping.path()))).toList();
    }

    private static Optional<Finding> look(TargetFiles files, Mapping mapping, int user) {
        try {
            if (files.isStillMapped(mapping)) {
                return Optional.empty();
            }
        } catch (IOException noSuchName) {
            // What that means is seen below.
        }
        Optional<ElfFile> loaded = ObjectFiles.open(files, mapping);
        try (InstalledFile installed = files.installed(mapping.path(), user)) {
            Optional<ElfFile> elf = elf(installed);
            Optional<BuildId> build = elf.flatMap(ElfFile::buildId);
            boolean same = loaded.isPresent() && elf.isPresent() && isSame(loaded.get(), elf.get());
            return same
                    ? Optional.empty()
                    : Optional.of(new Finding(loaded.flatMap(ElfFile::buildId), build, false, installed.objection()
                            .or(() -> elf.isPresent() ? Optional.empty() : Optional.of("it is no ELF file"))));
        } catch (IOException absent) {
            // Programs that make code at run time map files that never get a name, or lose it at once.
            return loaded.filter(elf -> isInstalled(files, mapping) && !isOurs(elf))
                    .map(elf -> new Finding(elf.buildId(), Optional.empty(), true, Optional.empty()));
        }
    }

    private static Optional<ElfFile> elf(InstalledFile installed) {
        try {
            return Optional.of(installed.elf());
        } catch (IOException | MalformedElfException unusable) {
            return Optional.empty();
        }
    }

    /** A build that was installed again is the same build. */
    private static boolean isSame(ElfFile loaded, ElfFile installed) {
        return loaded.buildId().isPresent() && installed.buildId().isPresent()
                ? loaded.buildId().equals(installed.buildId())
                : loaded.source().hasBytesOf(installed.source());
    }

    /** Whether it had a name, and was nobody's but root's: what users make and delete at run time is their business. */
    private static boolean isInstalled(TargetFiles files, Mapping mapping) {
        boolean named = !mapping.path().startsWith("/memfd:") && !mapping.path().startsWith("/dev/")
                && !mapping.path().startsWith("/tmp/") && !mapping.path().startsWith("/run/");
        return named && files.mapped(mapping).filter(file -> {
            try (OpenFile open = file) {
                return open.status().owner() == 0 && !open.status().isWritableByOthers();
            }
        }).isPresent();
    }

    /** Patches and the stub: their files may go while processes have them loaded. */
    private static boolean isOurs(ElfFile elf) {
        return elf.section(".ulp").isPresent() || elf.dynamicSymbols().find(StubLayout.SYMBOL).isPresent();
    }
}
