package dev.pulpo.engine.target;

import dev.pulpo.elf.DynamicTag;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.ffm.ProcFile;
import dev.pulpo.ffm.TargetMemory;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The dynamic loader's own list of what it has loaded ({@code r_debug} and {@code link_map} of link.h), in its order. It is
 * memory of the process, which may say anything: whoever uses an entry checks it against the mappings.
 *
 * @param root    remote address of the {@code r_debug} that the program names
 * @param entries namespace by namespace; the first of all is the program
 */
public record LoaderList(long root, List<Entry> entries) {
    private static final int MOST_OBJECTS = 8192;
    private static final int MOST_NAMESPACES = 64;
    /** A loader that adds or removes an object is done in less; then the list is read again. */
    private static final int MOST_READS = 20;
    private static final int MOST_HEADERS = 64;
    private static final int MOST_DYNAMIC_ENTRIES = 1024;

    /** Entries of the auxiliary vector (getauxval(3)). */
    private static final long AT_PHDR = 3;
    private static final long AT_PHENT = 4;
    private static final long AT_PHNUM = 5;

    private static final int HEADER_SIZE = 56;
    private static final int HEADER_ADDRESS = 16;

    private static final int DYNAMIC_SIZE = 2 * Long.BYTES;

    private static final int DEBUG_SIZE = 48;
    private static final int DEBUG_MAP = 8;
    private static final int DEBUG_STATE = 24;
    private static final int DEBUG_NEXT = 40;
    /** {@code RT_CONSISTENT} of {@code r_state}. */
    private static final int CONSISTENT = 0;
    /** The first version with {@code r_next}, the list of the next namespace (glibc 2.35). */
    private static final int WITH_NAMESPACES = 2;

    private static final int MAP_SIZE = 40;
    private static final int MAP_DYNAMIC = 16;
    private static final int MAP_NEXT = 24;
    private static final int MAP_PREVIOUS = 32;

    /**
     * An object of the list.
     *
     * @param map     remote address of its {@code link_map}
     * @param listing where it stands
     * @param bias    from link addresses to remote ones, in bytes
     * @param dynamic remote address of its dynamic section
     */
    public record Entry(long map, LoadedObject.Listing listing, long bias, long dynamic) {}

    /**
     * Reads the list. Stops nothing, so the loader may be changing it meanwhile.
     *
     * @param tid a live thread
     * @return empty for a static program, one that has not started yet, and where the list cannot be followed to its end
     */
    public static Optional<LoaderList> read(int pid, int tid, TargetMemory memory) {
        try (Arena arena = Arena.ofConfined()) {
            Reader reader = new Reader(memory, arena);
            return reader.list(reader.dynamicSection(auxiliaryVector(pid, tid)));
        } catch (IOException | UnreadableException unknown) {
            // Without the list objects are told by their mappings alone.
            return Optional.empty();
        }
    }

    /**
     * As the other, where the program's dynamic section is known.
     *
     * @param dynamic its remote address
     */
    public static Optional<LoaderList> at(TargetMemory memory, long dynamic) {
        try (Arena arena = Arena.ofConfined()) {
            return new Reader(memory, arena).list(dynamic);
        } catch (UnreadableException unknown) {
            return Optional.empty();
        }
    }

    private static ByteBuffer auxiliaryVector(int pid, int tid) throws IOException {
        Path file = ProcFs.thread(pid, tid).resolve("auxv");
        return ByteBuffer.wrap(ProcFile.readRecord(file, StandardCharsets.ISO_8859_1)
                .getBytes(StandardCharsets.ISO_8859_1)).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A part of the list that is not mapped, or makes no sense. */
    private static final class UnreadableException extends Exception {
        private static final long serialVersionUID = 1L;
    }

    private static final class Reader {
        private final TargetMemory memory;
        private final MemorySegment buffer;

        Reader(TargetMemory memory, Arena arena) {
            this.memory = memory;
            this.buffer = arena.allocate(MOST_HEADERS * HEADER_SIZE, Long.BYTES);
        }

        Optional<LoaderList> list(long dynamic) throws UnreadableException {
            long debug = debug(dynamic);
            for (int i = 0; debug != 0 && i < MOST_READS; i++) {
                Optional<LoaderList> list = read(debug);
                if (list.isPresent()) {
                    return list;
                }
            }
            return Optional.empty();
        }

        /** The address of the {@code r_debug} that a dynamic section names; 0 where it names none, or none yet. */
        private long debug(long dynamic) throws UnreadableException {
            for (int read = 0; read < MOST_DYNAMIC_ENTRIES * DYNAMIC_SIZE;) {
                int bytes = (int) memory.readSome(dynamic + read, buffer) & -DYNAMIC_SIZE;
                if (bytes <= 0) {
                    throw new UnreadableException();
                }
                for (int at = 0; at < bytes; at += DYNAMIC_SIZE) {
                    long tag = word(at);
                    if (tag == DynamicTag.NULL.value() || tag == DynamicTag.DEBUG.value()) {
                        return tag == DynamicTag.NULL.value() ? 0 : word(at + Long.BYTES);
                    }
                }
                read += bytes;
            }
            return 0;
        }

        /** The program's, by its program headers in memory. */
        long dynamicSection(ByteBuffer auxiliary) throws UnreadableException {
            long headers = 0;
            long count = 0;
            long size = 0;
            while (auxiliary.remaining() >= 2 * Long.BYTES) {
                long type = auxiliary.getLong();
                long value = auxiliary.getLong();
                headers = type == AT_PHDR ? value : headers;
                size = type == AT_PHENT ? value : size;
                count = type == AT_PHNUM ? value : count;
            }
            if (headers == 0 || size != HEADER_SIZE || count < 0 || count > MOST_HEADERS) {
                throw new UnreadableException();
            }
            long bias = 0;
            long dynamic = 0;
            load(headers, (int) count * HEADER_SIZE);
            for (int at = 0; at < count * HEADER_SIZE; at += HEADER_SIZE) {
                SegmentType type = new SegmentType(buffer.get(ValueLayout.JAVA_INT, at));
                if (type.equals(SegmentType.PROGRAM_HEADERS)) {
                    bias = headers - word(at + HEADER_ADDRESS);
                } else if (type.equals(SegmentType.DYNAMIC)) {
                    dynamic = word(at + HEADER_ADDRESS);
                }
            }
            if (dynamic == 0) {
                throw new UnreadableException();
            }
            return bias + dynamic;
        }

        /** Empty where the loader has changed the list meanwhile. */
        private Optional<LoaderList> read(long first) throws UnreadableException {
            List<Entry> entries = new ArrayList<>();
            Set<Long> seen = new HashSet<>();
            long debug = first;
            boolean several = false;
            for (int namespace = 0; debug != 0 && namespace < MOST_NAMESPACES; namespace++) {
                load(debug, DEBUG_SIZE);
                several |= buffer.get(ValueLayout.JAVA_INT, 0) >= WITH_NAMESPACES;
                int state = buffer.get(ValueLayout.JAVA_INT, DEBUG_STATE);
                long next = several ? word(DEBUG_NEXT) : 0;
                long before = 0;
                int position = 0;
                for (long map = word(DEBUG_MAP); map != 0; map = word(MAP_NEXT)) {
                    if (entries.size() == MOST_OBJECTS || !seen.add(map)) {
                        throw new UnreadableException();
                    }
                    load(map, MAP_SIZE);
                    if (word(MAP_PREVIOUS) != before) {
                        return Optional.empty();
                    }
                    before = map;
                    entries.add(new Entry(map, new LoadedObject.Listing(namespace, position++), word(0),
                            word(MAP_DYNAMIC)));
                }
                if (state != CONSISTENT) {
                    return Optional.empty();
                }
                debug = next;
            }
            return entries.isEmpty() ? Optional.empty() : Optional.of(new LoaderList(first, List.copyOf(entries)));
        }

        private void load(long address, int bytes) throws UnreadableException {
            if (memory.readSome(address, buffer.asSlice(0, bytes)) != bytes) {
                throw new UnreadableException();
            }
        }

        private long word(long offset) {
            return buffer.get(ValueLayout.JAVA_LONG, offset);
        }
    }
}
