package dev.pulpo.engine.container;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfEditor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.MalformedElfException;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.Section;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Optional;

/**
 * The metadata sections of a shared object: {@code .ulp}, {@code .ulp.rev} and, where there is a comment,
 * {@code .ulp.comments}. None of them is loaded.
 *
 * @param metadata what the patch replaces
 * @param comment  for people; may be empty
 */
public record Container(Metadata metadata, String comment) {
    /** A patch names some functions; it has no room for a section of gigabytes. */
    static final int LARGEST = 16 << 20;

    private static final String METADATA = ".ulp";
    private static final String REVERT = ".ulp.rev";
    private static final String COMMENTS = ".ulp.comments";

    /**
     * Reads the sections of a file.
     *
     * @return empty where it has no metadata
     * @throws MalformedElfException where what it has is damaged; its offset is that in the file
     */
    public static Optional<Container> read(ElfFile elf) {
        return section(elf, METADATA).map(bytes -> new Container(MetadataFormat.decode(bytes),
                section(elf, COMMENTS).map(Container::untilNul).orElse("")));
    }

    /**
     * Reads the sections of a file that is a patch.
     *
     * @throws MalformedElfException where it has no metadata, or what it has is damaged
     */
    public static Container of(ElfFile elf) {
        return read(elf).orElseThrow(() -> new MalformedElfException(elf.name(), 0,
                "a patch container, with a section .ulp", "none; pack it first"));
    }

    /**
     * Reads what takes the patch back: its id and its target, and nothing to replace.
     *
     * @return empty where the file has no such section
     * @throws MalformedElfException where what it has is damaged; its offset is that in the file
     */
    public static Optional<Metadata> readRevert(ElfFile elf) {
        return section(elf, REVERT).map(MetadataFormat::decodeRevert);
    }

    /** Reads metadata that is in a file of its own, as old versions of libpulp have it. */
    static Metadata readBare(byte[] bytes, String name) {
        return MetadataFormat.decode(ByteCursor.of(MemorySegment.ofArray(bytes), name, 0));
    }

    /** The file with these sections, in place of any that it has. */
    public ElfEditor embed(ElfFile elf) {
        ElfEditor editor = ElfEditor.of(elf).put(METADATA, MetadataFormat.encode(metadata));
        if (comment.isEmpty()) {
            editor.remove(COMMENTS);
        } else {
            editor.put(COMMENTS, RawText.encode(comment + "\0"));
        }
        return editor.put(REVERT, MetadataFormat.encodeRevert(metadata));
    }

    private static Optional<ByteCursor> section(ElfFile elf, String name) {
        Optional<ByteCursor> found = elf.section(name).filter(Section::hasBytes).map(elf::data);
        found.ifPresent(
                bytes -> ReadLimits.check(elf.name(), bytes.offset(), bytes.limit(), LARGEST, "bytes in " + name));
        return found;
    }

    private static String untilNul(ByteCursor cursor) {
        byte[] bytes = cursor.bytes(cursor.limit()).toArray(ValueLayout.JAVA_BYTE);
        return RawText.decodeLines(Arrays.copyOf(bytes, RawText.lengthOfString(bytes)));
    }
}
