package dev.pulpo.engine.stack;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.CfiTable;
import dev.pulpo.elf.cfi.LoadedCfi;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.Mapping;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.SoftReference;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;

/**
 * The call frame information of everything that a process has mapped, the vDSO included. Making it parses whole files, so
 * it is done while the process runs; the table of a file is kept for the next process that maps it. Thread-safe.
 */
public final class UnwindTables {
    private static final String VDSO = "[vdso]";

    private static final Map<ElfFile, SoftReference<CfiTable>> KNOWN = new WeakHashMap<>();

    private UnwindTables() {}

    /** The tables of a process. */
    public static CfiMap of(ProcessImage image, TraceeMemory memory) {
        List<LoadedCfi> objects = new ArrayList<>(image.objects().parallelStream()
                .flatMap(object -> table(object.elf()).stream().map(table -> loaded(object, table)))
                .toList());
        vdso(image, memory).ifPresent(objects::add);
        objects.sort(Comparator.comparing(LoadedCfi::start, Long::compareUnsigned));
        List<LoadedCfi> disjoint = new ArrayList<>();
        for (LoadedCfi object : objects) {
            // Objects that a process has mapped into one another have no tables that could be trusted.
            if (disjoint.isEmpty() || Long.compareUnsigned(disjoint.getLast().end(), object.start()) <= 0) {
                disjoint.add(object);
            }
        }
        return CfiMap.of(disjoint);
    }

    private static LoadedCfi loaded(LoadedObject object, CfiTable table) {
        List<Mapping> code = object.mappings().stream().filter(Mapping::isExecutable).toList();
        return new LoadedCfi(table, object.bias(), code.getFirst().start().value(), code.getLast().end().value());
    }

    private static Optional<CfiTable> table(ElfFile elf) {
        synchronized (KNOWN) {
            SoftReference<CfiTable> known = KNOWN.get(elf);
            CfiTable table = known == null ? null : known.get();
            if (table != null) {
                return Optional.of(table);
            }
        }
        try {
            CfiTable made = CfiTable.of(elf);
            synchronized (KNOWN) {
                KNOWN.put(elf, new SoftReference<>(made));
            }
            return Optional.of(made);
        } catch (MalformedElfException unusable) {
            // Then a walk that gets there ends with "no call frame information", which says what matters.
            return Optional.empty();
        }
    }

    /** The kernel's code for fast system calls is an ELF image without a file (vdso(7)). */
    private static Optional<LoadedCfi> vdso(ProcessImage image, TraceeMemory memory) {
        return image.map().mappings().stream()
                .filter(mapping -> mapping.path().equals(VDSO))
                .findFirst()
                .flatMap(mapping -> vdso(mapping, memory));
    }

    private static Optional<LoadedCfi> vdso(Mapping mapping, TraceeMemory memory) {
        long start = mapping.start().value();
        long end = mapping.end().value();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(end - start);
            memory.read(mapping.start(), bytes);
            ElfFile elf = ElfFile.of(ByteSource.of(bytes.toArray(ValueLayout.JAVA_BYTE)), VDSO);
            return Optional.of(new LoadedCfi(CfiTable.of(elf), start, start, end));
        } catch (SystemCallException | MalformedElfException unusable) {
            // As for any other code without call frame information.
            return Optional.empty();
        }
    }
}
