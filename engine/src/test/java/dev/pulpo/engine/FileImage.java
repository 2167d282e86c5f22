package dev.pulpo.engine;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A process that is none: files laid out as a loader would map them, without relocations. */
public final class FileImage {
    public static final int PID = 4711;
    private static final long APART = 1L << 32;
    private static final long PAGE = 4096;

    private final BytesTarget memory = new BytesTarget();
    private final List<Mapping> mappings = new ArrayList<>();
    private final List<LoadedObject> objects = new ArrayList<>();
    private long next = 0x7f00_0000_0000L;

    /** Maps a shared object, or a program that is position-independent. */
    public LoadedObject map(Path file) throws IOException {
        ElfFile elf = ElfFile.open(file);
        List<Mapping> own = new ArrayList<>();
        for (Segment segment : elf.segments()) {
            if (segment.type().equals(SegmentType.LOAD)) {
                long start = next + segment.address().value();
                byte[] bytes = new byte[(int) segment.memorySize()];
                MemorySegment.copy(elf.source().slice(segment.offset().value(), segment.fileSize()),
                        ValueLayout.JAVA_BYTE, 0, bytes, 0, (int) segment.fileSize());
                memory.put(start, bytes);
                String permissions = "r" + (segment.isWritable() ? "w" : "-") + (segment.isExecutable() ? "x" : "-")
                        + "p";
                own.add(new Mapping(new RemoteAddress(start & -PAGE),
                        new RemoteAddress(start + bytes.length + PAGE - 1 & -PAGE), permissions,
                        segment.offset().value() & -PAGE, "fe:01", 1, file.toString(), false));
            }
        }
        LoadedObject object = new LoadedObject(file.toString(), List.copyOf(own), next, elf,
                Optional.of(new LoadedObject.Listing(0, objects.size())));
        mappings.addAll(own);
        objects.add(object);
        next += APART;
        return object;
    }

    public BytesTarget memory() {
        return memory;
    }

    public ProcessImage image() {
        return new ProcessImage(PID, PID, 1, objects.getFirst().path(), new MemoryMap(List.copyOf(mappings)),
                List.copyOf(objects));
    }
}
