package dev.pulpo.engine.code;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.CfiTable;
import dev.pulpo.elf.cfi.LoadedCfi;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The call frame information of all code that a process executes: its objects and the vDSO. Made before a stop, so that
 * unwinding parses nothing. Tables are kept as long as their files are open. Thread-safe.
 */
public final class UnwindTables {
    private static final Map<ElfFile, CfiTable> KNOWN = Collections.synchronizedMap(new WeakHashMap<>());

    /** By content; a kernel has one for all processes. */
    private static final Map<ByteBuffer, ElfFile> VDSOS = new ConcurrentHashMap<>();

    /** A process can change its own copy, so there may be one for each process. */
    private static final int MOST_VDSOS = 16;
    /** The kernel's has two pages; a larger one is forged. */
    private static final long MOST_VDSO_BYTES = 1 << 20;

    /** By memory of the process, where it stays in place. */
    private static final Map<TargetMemory, LoadedObject> MAPPED_VDSOS = Collections
            .synchronizedMap(new WeakHashMap<>());

    private UnwindTables() {}

    /** As {@link #of}, but only if no file has to be parsed. */
    public static Optional<CfiMap> ifKnown(ProcessImage image, TargetMemory memory) {
        boolean known = image.objects().stream().allMatch(object -> KNOWN.containsKey(object.elf()));
        return known ? Optional.of(of(image, memory)) : Optional.empty();
    }

    /** The tables at the addresses of the process. An object with a malformed table has none. */
    public static CfiMap of(ProcessImage image, TargetMemory memory) {
        List<LoadedCfi> loaded = new ArrayList<>();
        List<LoadedObject> objects = new ArrayList<>(image.objects());
        vdso(image, memory).ifPresent(objects::add);
        // All processors share the work.
        objects.stream().filter(object -> !KNOWN.containsKey(object.elf())).toList().parallelStream()
                .forEach(object -> table(object.elf()));
        for (LoadedObject object : objects) {
            CfiTable table = table(object.elf());
            for (Mapping mapping : object.mappings()) {
                if (mapping.isExecutable() && table.rowCount() > 0) {
                    loaded.add(new LoadedCfi(table, object.bias(), mapping.start().value(), mapping.end().value()));
                }
            }
        }
        return CfiMap.of(loaded);
    }

    private static CfiTable table(ElfFile file) {
        CfiTable known = KNOWN.get(file);
        if (known == null) {
            known = make(file);
            KNOWN.put(file, known);
        }
        return known;
    }

    private static CfiTable make(ElfFile file) {
        try {
            return CfiTable.of(file);
        } catch (MalformedElfException malformed) {
            // An unwind stops there, and says so.
            return CfiTable.of();
        }
    }

    /** The object that the kernel maps into every process, without a file (vdso(7)). */
    public static Optional<LoadedObject> vdso(ProcessImage image, TargetMemory memory) {
        Optional<Mapping> found = image.map().mappings().stream()
                .filter(mapping -> mapping.path().equals("[vdso]")).findFirst();
        if (found.isEmpty()) {
            return Optional.empty();
        }
        Mapping mapping = found.get();
        LoadedObject known = MAPPED_VDSOS.get(memory);
        if (known != null && known.mappings().equals(List.of(mapping))) {
            return Optional.of(known);
        }
        long length = mapping.end().minus(mapping.start());
        if (length > MOST_VDSO_BYTES) {
            return Optional.empty();
        }
        try {
            ElfFile elf = vdso(memory.bytes(mapping.start(), (int) length));
            LoadedObject vdso = new LoadedObject("[vdso]", List.of(mapping), mapping.start().value(), elf,
                    Optional.empty());
            MAPPED_VDSOS.put(memory, vdso);
            return Optional.of(vdso);
        } catch (SystemCallException | MalformedElfException unusable) {
            // An unwind stops there, and says so.
            return Optional.empty();
        }
    }

    private static ElfFile vdso(byte[] content) {
        ByteBuffer key = ByteBuffer.wrap(content);
        ElfFile known = VDSOS.get(key);
        if (known != null) {
            return known;
        }
        ElfFile elf = ElfFile.of(ByteSource.of(content), "[vdso]");
        if (VDSOS.size() < MOST_VDSOS) {
            VDSOS.put(key, elf);
        }
        return elf;
    }
}
