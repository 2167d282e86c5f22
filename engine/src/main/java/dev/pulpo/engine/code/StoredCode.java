package dev.pulpo.engine.code;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The loadable segments of a file, and what it stores of them. Addresses are link addresses. Immutable. */
final class StoredCode {
    private final ElfFile elf;
    private final List<Segment> loaded;
    private final List<Segment> code;
    private final long[] codeStarts;
    private final long[] codeSizes;

    StoredCode(ElfFile elf) {
        this.elf = elf;
        loaded = elf.segments().stream().filter(segment -> segment.type().equals(SegmentType.LOAD)).toList();
        code = loaded.stream().filter(Segment::isExecutable).toList();
        codeStarts = code.stream().mapToLong(segment -> segment.address().value()).toArray();
        codeSizes = code.stream().mapToLong(Segment::memorySize).toArray();
    }

    /** The executable segments. */
    List<Segment> segments() {
        return code;
    }

    /** Whether code is there. Allocates nothing: it is asked for each word of data. */
    boolean isCode(long address) {
        for (int i = 0; i < codeStarts.length; i++) {
            if (Long.compareUnsigned(address - codeStarts[i], codeSizes[i]) < 0) {
                return true;
            }
        }
        return false;
    }

    /** Bytes of the file at an address; fewer at the end of what is stored of the segment. */
    byte[] bytes(long address, long length) {
        LinkAddress from = new LinkAddress(address);
        for (Segment segment : loaded) {
            if (segment.contains(from)) {
                long stored = Math.min(length, segment.address().value() + segment.fileSize() - address);
                return stored <= 0 ? new byte[0] : elf.at(from, stored).bytes(stored).toArray(ValueLayout.JAVA_BYTE);
            }
        }
        return new byte[0];
    }

    /** A word of eight bytes; 0 where none is stored, as in .bss. */
    long word(long address) {
        try {
            return elf.at(new LinkAddress(address), Long.BYTES).i64();
        } catch (MalformedElfException notStored) {
            return 0;
        }
    }
}
