package dev.pulpo.engine.inspect;

import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;

/**
 * What the C library of a process tells debuggers of its own structures: the {@code _thread_db_} symbols, which libthread_db
 * reads (nptl_db/structs.def in glibc).
 */
public final class ThreadDebugSymbols {
    /**
     * A field of a structure.
     *
     * @param bits   the size of an element
     * @param offset in the structure, in bytes
     */
    public record Field(int bits, int offset) {}

    private static final String PREFIX = "_thread_db_";

    private final ProcessImage image;
    private final TargetMemory memory;

    public ThreadDebugSymbols(ProcessImage image, TargetMemory memory) {
        this.image = image;
        this.memory = memory;
    }

    /**
     * A field, which is described by three words: its size in bits, the number of its elements, and its offset.
     *
     * @param name without the prefix
     * @return empty where the C library does not tell
     */
    public Optional<Field> field(String name) {
        return find(name).flatMap(place -> {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment words = arena.allocate(ValueLayout.JAVA_INT, 3);
                return memory.readSome(place, words) == words.byteSize()
                        ? Optional.of(new Field(words.getAtIndex(ValueLayout.JAVA_INT, 0),
                                words.getAtIndex(ValueLayout.JAVA_INT, 2)))
                        : Optional.empty();
            }
        });
    }

    /** The remote address of a symbol, which is named without the prefix. */
    Optional<RemoteAddress> find(String name) {
        return image.exporting(PREFIX + name).flatMap(libc -> libc.exported(PREFIX + name));
    }
}
