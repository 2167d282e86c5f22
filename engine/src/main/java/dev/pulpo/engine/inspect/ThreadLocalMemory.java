package dev.pulpo.engine.inspect;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.LoaderList;
import dev.pulpo.engine.target.ProcessImage;
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
 * Addresses of thread-local variables of objects that were loaded at program start: at a distance from the thread pointer
 * that is the same for all threads (ELF Handling For Thread-Local Storage, variant II). The C library stores the distance of
 * each object, and tells debuggers where ({@code _thread_db_link_map_l_tls_offset}, of nptl_db).
 */
final class ThreadLocalMemory {
    private static final int MOST_OBJECTS = 4096;
    /** glibc's mark of an object that must not get a static distance. */
    private static final long FORCED_DYNAMIC = -1;

    private final TargetMemory memory;
    /** By load bias. */
    private final Map<Long, Long> distances = new HashMap<>();

    private ThreadLocalMemory(TargetMemory memory) {
        this.memory = memory;
    }

    /** Reads the distances; without them nothing is known. */
    static ThreadLocalMemory of(ProcessImage image, TargetMemory memory) {
        ThreadLocalMemory found = new ThreadLocalMemory(memory);
        OptionalLong field = found.field(image);
        if (field.isPresent()) {
            found.dynamicSection(image).ifPresent(dynamic -> found.read(dynamic, field.getAsLong()));
        }
        return found;
    }

    /**
     * Reads the distances of the objects in the loader's list. The list is memory of the process: it may end anywhere, or be
     * cyclic.
     *
     * @param dynamic remote address of the program's dynamic section
     * @param field   offset of the distance in a link map
     */
    static ThreadLocalMemory of(TargetMemory memory, long dynamic, long field) {
        ThreadLocalMemory found = new ThreadLocalMemory(memory);
        found.read(dynamic, field);
        return found;
    }

    private void read(long dynamic, long field) {
        LoaderList.at(memory, dynamic).stream().flatMap(list -> list.entries().stream()).limit(MOST_OBJECTS)
                .forEach(entry -> word(entry.map() + field)
                        .ifPresent(distance -> distances.put(entry.bias(), distance)));
    }

    /** How many objects have a distance. */
    int size() {
        return distances.size();
    }

    /** The remote address of a thread's variable; empty where unknown. */
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

    /** The offset of the distance in a link map: the last of three numbers, after its size and its count. */
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
