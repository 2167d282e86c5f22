package dev.pulpo.engine.inspect;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Where threads have the thread-local variables of objects that were loaded when the program started: at a distance from the
 * thread pointer that is the same for all threads (ELF Handling For Thread-Local Storage, variant II). The C library has a
 * note of it for each object, and tells debuggers where ({@code _thread_db_link_map_l_tls_offset}, of nptl_db).
 */
final class ThreadLocals {
    private static final int DT_DEBUG = 21;
    private static final int MOST_OBJECTS = 4096;
    /** Neither an object without such a distance nor one that may not have it any more: glibc's {@code -1}. */
    private static final long FORCED_DYNAMIC = -1;

    private final TargetMemory memory;
    /** By load bias. */
    private final Map<Long, Long> distances = new HashMap<>();

    private ThreadLocals(TargetMemory memory) {
        this.memory = memory;
    }

    /** Reads the notes; where there are none, nothing is known. */
    static ThreadLocals of(ProcessImage image, TargetMemory memory) {
        ThreadLocals found = new ThreadLocals(memory);
        OptionalLong field = found.field(image);
        if (field.isPresent()) {
            found.dynamicSection(image).ifPresent(dynamic -> found.read(dynamic, field.getAsLong()));
        }
        return found;
    }

    /**
     * Reads the notes of the objects of the loader's list. That is the process's memory: it may end anywhere, and go round.
     *
     * @param dynamic where the dynamic section of the program is
     * @param field   where in its maps the C library has the note
     */
    static ThreadLocals of(TargetMemory memory, long dynamic, long field) {
        ThreadLocals found = new ThreadLocals(memory);
        found.read(dynamic, field);
        return found;
    }

    private void read(long dynamic, long field) {
        long next = firstMap(dynamic).orElse(0);
        for (int i = 0; next != 0 && i < MOST_OBJECTS; i++) {
            // struct link_map begins with l_addr, l_name, l_ld, l_next (link.h).
            OptionalLong bias = word(next);
            OptionalLong distance = word(next + field);
            if (bias.isPresent() && distance.isPresent()) {
                distances.put(bias.getAsLong(), distance.getAsLong());
            }
            next = word(next + 3 * Long.BYTES).orElse(0);
        }
    }

    /** How many objects have a note. */
    int size() {
        return distances.size();
    }

    /** Where a thread has a variable; empty where that is not known. */
    OptionalLong address(LoadedObject object, long threadPointer, long offset) {
        long distance = distances.getOrDefault(object.bias(), 0L);
        return distance == 0 || distance == FORCED_DYNAMIC
                ? OptionalLong.empty()
                : OptionalLong.of(threadPointer - distance + offset);
    }

    private OptionalLong dynamicSection(ProcessImage image) {
        Optional<LoadedObject> program = image.program();
        if (program.isEmpty()) {
            return OptionalLong.empty();
        }
        return program.get().elf().segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.DYNAMIC))
                .mapToLong(segment -> program.get().toRemote(segment.address()).value()).findFirst();
    }

    private OptionalLong firstMap(long dynamic) {
        for (int i = 0; i < MOST_OBJECTS; i++) {
            long entry = dynamic + i * 2L * Long.BYTES;
            OptionalLong tag = word(entry);
            if (tag.isEmpty() || tag.getAsLong() == 0) {
                break;
            }
            if (tag.getAsLong() == DT_DEBUG) {
                // struct r_debug: the version, and then the first map.
                OptionalLong debug = word(entry + Long.BYTES);
                return debug.isPresent() && debug.getAsLong() != 0
                        ? word(debug.getAsLong() + Long.BYTES)
                        : OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }

    /** Where in its maps the C library keeps the distance: the last of three numbers, behind its size and how many there are. */
    private OptionalLong field(ProcessImage image) {
        for (LoadedObject object : image.objects()) {
            Optional<LinkAddress> symbol = object.elf().dynamicSymbols().find("_thread_db_link_map_l_tls_offset")
                    .filter(ElfSymbol::isDefined).map(ElfSymbol::address);
            if (symbol.isPresent()) {
                long place = object.toRemote(symbol.get()).value();
                OptionalLong sizeAndCount = word(place);
                OptionalLong offset = word(place + Integer.BYTES * 2);
                boolean expected = sizeAndCount.isPresent() && (int) sizeAndCount.getAsLong() == Long.SIZE;
                return expected && offset.isPresent()
                        ? OptionalLong.of(offset.getAsLong() & 0xffff_ffffL)
                        : OptionalLong.empty();
            }
        }
        return OptionalLong.empty();
    }

    private OptionalLong word(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(ValueLayout.JAVA_LONG);
            return memory.readSome(new RemoteAddress(address), word) == Long.BYTES
                    ? OptionalLong.of(word.get(ValueLayout.JAVA_LONG, 0))
                    : OptionalLong.empty();
        }
    }
}
