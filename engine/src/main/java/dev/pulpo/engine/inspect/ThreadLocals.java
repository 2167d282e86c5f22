package dev.pulpo.engine.inspect;

import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.dwarf.NoDataException;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.LoaderList;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalLong;

/**
 * Addresses of thread-local variables of one thread, of objects that were loaded at any time. The C library tells debuggers
 * where it keeps what is needed (the {@code _thread_db_} symbols of nptl_db): the distance of objects that were loaded at
 * program start, and for others the thread's vector of blocks (ELF Handling For Thread-Local Storage, 3). A block that the
 * thread has not used yet does not exist.
 */
public final class ThreadLocals {
    /** The loader numbers objects with thread-local memory from 1 on. */
    private static final long MOST_MODULES = 1 << 20;
    private static final int MOST_LISTS = 1 << 10;
    /** glibc's mark of a block that is not allocated. */
    private static final long UNALLOCATED = -1;

    private final ProcessImage image;
    private final TraceeMemory memory;
    private final int tid;
    private final long threadPointer;
    private final ThreadDebugSymbols symbols;

    /** @param threadPointer of the thread: the base address of fs */
    public ThreadLocals(ProcessImage image, TraceeMemory memory, int tid, long threadPointer) {
        this.image = image;
        this.memory = memory;
        this.tid = tid;
        this.threadPointer = threadPointer;
        symbols = new ThreadDebugSymbols(image, memory);
    }

    /**
     * The remote address of a variable.
     *
     * @param offset in the object's thread-local block, in bytes
     * @throws NoDataException where the thread has no block of the object, or none can be found
     */
    public long address(LoadedObject object, long offset) {
        Segment block = object.elf().segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.TLS)).findFirst()
                .orElseThrow(() -> new NoDataException(object.path() + " has no thread-local memory"));
        if (Long.compareUnsigned(offset, block.memorySize()) >= 0) {
            throw new NoDataException("the thread-local block of " + object.path() + " has "
                    + Long.toUnsignedString(block.memorySize()) + " bytes, and not byte "
                    + Long.toUnsignedString(offset));
        }
        OptionalLong fixed = ThreadLocalMemory.of(image, memory).address(object, threadPointer, offset);
        if (fixed.isPresent()) {
            return fixed.getAsLong();
        }
        boolean isProgram = image.program().filter(object::equals).isPresent();
        if (isProgram) {
            // The program's block ends at the thread pointer, but for its alignment (variant II).
            long alignment = Math.max(1, block.alignment());
            return threadPointer - (block.memorySize() + alignment - 1) / alignment * alignment + offset;
        }
        return dynamic(object) + offset;
    }

    /** The block of an object that has no fixed distance from the thread pointer. */
    private long dynamic(LoadedObject object) {
        LoaderList.Entry entry = image.program()
                .flatMap(program -> LoaderList.read(image.pid(), image.tid(), memory)).stream()
                .flatMap(list -> list.entries().stream()).filter(each -> each.bias() == object.bias()).findFirst()
                .orElseThrow(() -> unknown(object));
        long module = word(entry.map() + field(object, "link_map_l_tls_modid"), object);
        if (module < 1 || module > MOST_MODULES) {
            throw unknown(object);
        }
        long vector = word(threadPointer + field(object, "pthread_dtvp"), object);
        long generation = word(vector + field(object, "dtv_t_counter"), object);
        if (generation(object, module) > generation) {
            throw unused(object);
        }
        long size = descriptor(object, "dtv_dtv").bits() / Byte.SIZE;
        long pointer = word(vector + field(object, "dtv_dtv") + module * size + field(object, "dtv_t_pointer_val"),
                object);
        if (pointer == UNALLOCATED || pointer == 0) {
            throw unused(object);
        }
        return pointer;
    }

    /** When the loader gave the number of an object to it. A thread's vector that is older knows nothing of it. */
    private long generation(LoadedObject object, long module) {
        RemoteAddress loader = image.exporting("_rtld_global").flatMap(found -> found.exported("_rtld_global"))
                .orElseThrow(() -> unknown(object));
        long list = word(loader.value() + field(object, "rtld_global__dl_tls_dtv_slotinfo_list"), object);
        long size = number("sizeof_dtv_slotinfo", object);
        long before = 0;
        for (int i = 0; i < MOST_LISTS && list != 0; i++) {
            long length = word(list + field(object, "dtv_slotinfo_list_len"), object);
            if (module - before < length) {
                return word(list + field(object, "dtv_slotinfo_list_slotinfo") + (module - before) * size
                        + field(object, "dtv_slotinfo_gen"), object);
            }
            before += length;
            list = word(list + field(object, "dtv_slotinfo_list_next"), object);
        }
        throw unknown(object);
    }

    private NoDataException unused(LoadedObject object) {
        return new NoDataException("thread " + tid + " has not used the thread-local variables of " + object.path()
                + " yet, so they have no memory");
    }

    private static NoDataException unknown(LoadedObject object) {
        return new NoDataException("the C library does not tell where the thread-local variables of " + object.path()
                + " are");
    }

    private long field(LoadedObject object, String name) {
        return descriptor(object, name).offset();
    }

    private ThreadDebugSymbols.Field descriptor(LoadedObject object, String name) {
        return symbols.field(name).orElseThrow(() -> unknown(object));
    }

    private long number(String name, LoadedObject object) {
        RemoteAddress place = symbols.find(name).orElseThrow(() -> unknown(object));
        return word(place.value(), object) & 0xffff_ffffL;
    }

    private long word(long address, LoadedObject object) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment word = arena.allocate(ValueLayout.JAVA_LONG);
            if (memory.readSome(address, word) != Long.BYTES) {
                throw unknown(object);
            }
            return word.get(ValueLayout.JAVA_LONG, 0);
        }
    }
}
