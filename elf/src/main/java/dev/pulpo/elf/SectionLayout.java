package dev.pulpo.elf;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Places new sections after the end of a file, followed by the names and the headers of all sections. Old names, headers
 * and replaced sections at the very end of the file are cut off first, so that repeated editing does not make the file
 * grow.
 */
final class SectionLayout {
    private static final int HEADER_ALIGNMENT = 8;
    private static final int SHN_LORESERVE = 0xff00;
    private static final int SHN_XINDEX = 0xffff;
    private static final long SHF_COMPRESSED = 0x800;

    // Fields of a section header.
    private static final int NAME = 0;
    private static final int TYPE = 4;
    private static final int FLAGS = 8;
    private static final int OFFSET = 24;
    private static final int SIZE = 32;
    private static final int LINK = 40;
    static final int ALIGNMENT = 48;

    private final ElfFile file;
    private final Map<String, ElfEditor.NewContent> put;
    private final Set<Integer> replaced = new HashSet<>();
    private final List<byte[]> headers = new ArrayList<>();
    private final Set<String> removed;
    private final ByteArrayOutputStream tail = new ByteArrayOutputStream();
    private final SectionNames names;
    private int nameSection;

    SectionLayout(ElfFile file, Map<String, ElfEditor.NewContent> put, Set<String> removed) {
        this.file = file;
        this.put = put;
        this.removed = removed;
        this.nameSection = file.header().sectionNameIndex();
        this.names = new SectionNames(
                nameSection == 0 ? new byte[1] : bytes(file.rawData(file.sections().get(nameSection))));
    }

    EditedFile lay(List<EditedFile.Patch> before) {
        List<EditedFile.Patch> patches = new ArrayList<>(before);
        copyHeaders();
        List<ElfEditor.NewContent> contents = new ArrayList<>();
        List<byte[]> theirHeaders = new ArrayList<>();
        put.forEach((name, content) -> {
            theirHeaders.add(headerFor(name, content));
            contents.add(content);
        });
        byte[] nameHeader = nameHeader();

        long end = keptEnd();
        for (int i = 0; i < contents.size(); i++) {
            ElfEditor.NewContent content = contents.get(i);
            append(theirHeaders.get(i), end, content.bytes().toArray(ValueLayout.JAVA_BYTE),
                    Math.max(1, content.alignment()));
        }
        append(nameHeader, end, names.bytes(), 1);
        long headerOffset = pad(end, HEADER_ALIGNMENT);
        patches.addAll(elfHeader(headerOffset));
        headers.forEach(tail::writeBytes);
        return new EditedFile(file.source(), end, patches, MemorySegment.ofArray(tail.toByteArray()));
    }

    /** The old headers with all their bits, without those of removed sections. */
    private void copyHeaders() {
        List<Section> sections = file.sections();
        if (sections.isEmpty()) {
            headers.add(new byte[Section.ENTRY_SIZE]);
            return;
        }
        ByteCursor cursor = file.view().atOffset(file.header().sectionHeaders().value(),
                (long) sections.size() * Section.ENTRY_SIZE, "section headers");
        for (Section section : sections) {
            byte[] header = bytes(cursor.sub(Section.ENTRY_SIZE));
            boolean goes = section.index() != 0 && removed.contains(section.name());
            if (goes) {
                replaced.add(section.index());
            }
            headers.add(goes ? new byte[Section.ENTRY_SIZE] : header);
        }
        while (headers.size() > 1 && Arrays.equals(headers.getLast(), new byte[Section.ENTRY_SIZE])) {
            headers.removeLast();
        }
    }

    private byte[] headerFor(String name, ElfEditor.NewContent content) {
        byte[] header = file.section(name).map(section -> {
            replaced.add(section.index());
            return headers.get(section.index());
        }).orElseGet(() -> newHeader(name));
        ByteBuffer fields = fields(header);
        fields.putInt(TYPE, content.type().value()).putLong(ALIGNMENT, content.alignment());
        // The new content is never compressed.
        fields.putLong(FLAGS, fields.getLong(FLAGS) & ~SHF_COMPRESSED);
        return header;
    }

    private byte[] newHeader(String name) {
        byte[] header = new byte[Section.ENTRY_SIZE];
        fields(header).putInt(NAME, names.offset(name));
        headers.add(header);
        return header;
    }

    /** The header of the names: the old one, unless there is none or its section is loaded. */
    private byte[] nameHeader() {
        if (nameSection != 0 && !file.sections().get(nameSection).isAllocated()) {
            replaced.add(nameSection);
            return headers.get(nameSection);
        }
        byte[] header = newHeader(".shstrtab");
        fields(header).putInt(TYPE, SectionType.STRTAB.value()).putLong(ALIGNMENT, 1);
        nameSection = headers.size() - 1;
        return header;
    }

    private void append(byte[] header, long end, byte[] content, long alignment) {
        long offset = pad(end, alignment);
        tail.writeBytes(content);
        fields(header).putLong(OFFSET, offset).putLong(SIZE, content.length);
    }

    /** Appends zeros up to a multiple of the alignment. */
    private long pad(long end, long alignment) {
        long place = end + tail.size();
        long aligned = (place + alignment - 1) & -alignment;
        tail.writeBytes(new byte[(int) (aligned - place)]);
        return aligned;
    }

    /** How many bytes of the old file stay: all, or those before a tail that is written again. */
    private long keptEnd() {
        long size = file.source().size();
        ElfHeader header = file.header();
        List<long[]> rewritten = new ArrayList<>();
        rewritten.add(new long[]{header.sectionHeaders().value(),
                (long) header.sectionHeaderCount() * Section.ENTRY_SIZE});
        long kept = Math.max(ElfHeader.SIZE,
                end(size, header.programHeaders().value(), (long) header.programHeaderCount() * Segment.ENTRY_SIZE));
        for (Segment segment : file.segments()) {
            kept = Math.max(kept, end(size, segment.offset().value(), segment.fileSize()));
        }
        for (Section section : file.sections()) {
            if (replaced.contains(section.index())) {
                rewritten.add(new long[]{section.offset().value(), section.hasBytes() ? section.size() : 0});
            } else if (section.hasBytes()) {
                kept = Math.max(kept, end(size, section.offset().value(), section.size()));
            }
        }
        return isRewritten(kept, size, rewritten) ? kept : size;
    }

    private static long end(long size, long offset, long length) {
        boolean within = offset >= 0 && length >= 0 && offset <= size && length <= size - offset;
        return within ? offset + length : size;
    }

    /** Whether a range holds only parts that are written again, and zeros between them. */
    private boolean isRewritten(long start, long end, List<long[]> parts) {
        parts.sort((a, b) -> Long.compare(a[0], b[0]));
        long at = start;
        for (long[] part : parts) {
            if (part[1] > 0 && part[0] + part[1] > at) {
                if (part[0] > at && !isZero(at, part[0])) {
                    return false;
                }
                at = part[0] + part[1];
            }
        }
        return at >= end || isZero(at, end);
    }

    private boolean isZero(long start, long end) {
        MemorySegment gap = file.source().slice(start, end - start);
        for (long i = 0; i < gap.byteSize(); i++) {
            if (gap.get(ValueLayout.JAVA_BYTE, i) != 0) {
                return false;
            }
        }
        return true;
    }

    /** The changes to the ELF header; numbers that do not fit go to section header 0 (gABI, "ELF Header"). */
    private List<EditedFile.Patch> elfHeader(long headerOffset) {
        ByteBuffer zero = fields(headers.getFirst());
        int count = headers.size();
        zero.putLong(SIZE, count >= SHN_LORESERVE ? count : 0);
        zero.putInt(LINK, nameSection >= SHN_LORESERVE ? nameSection : 0);
        ByteBuffer place = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(headerOffset);
        ByteBuffer numbers = ByteBuffer.allocate(6).order(ByteOrder.LITTLE_ENDIAN);
        numbers.putShort((short) Section.ENTRY_SIZE);
        numbers.putShort((short) (count >= SHN_LORESERVE ? 0 : count));
        numbers.putShort((short) (nameSection >= SHN_LORESERVE ? SHN_XINDEX : nameSection));
        return List.of(EditedFile.Patch.of(40, place.array()), EditedFile.Patch.of(58, numbers.array()));
    }

    private static ByteBuffer fields(byte[] header) {
        return ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static byte[] bytes(ByteCursor cursor) {
        return cursor.bytes(cursor.remaining()).toArray(ValueLayout.JAVA_BYTE);
    }
}
