package dev.pulpo.engine.plan;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.RawText;
import dev.pulpo.elf.Section;
import dev.pulpo.engine.check.ConstructorCheck;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/**
 * The functions whose earlier versions a patch calls. The header {@code pulpo.h} writes them into a section of the patch, each
 * as
 *
 * <pre>
 *   0  u64 slot: receives the address at which the original can be called
 *   8  char name[120], NUL-terminated, as in the patch's list of replacements
 * </pre>
 *
 * A probe has such a section of another name. Its slot receives the version that calls reach before the probe: the original, or
 * that of another patch.
 */
public final class Originals {
    private static final String SECTION = "pulpo_originals";
    /** The section of slots for the versions before the patch. */
    public static final String PREVIOUS = "pulpo_previous";
    /** How many bytes each one takes, in both sections. */
    public static final int ENTRY_SIZE = 128;
    private static final int NAME_OFFSET = 8;

    private Originals() {}

    /**
     * One such function.
     *
     * @param function its name
     * @param slot     link address in the patch of the eight bytes that receive the address
     * @param previous whether it is that of the version before the patch, and not of the original
     */
    public record Original(String function, LinkAddress slot, boolean previous) {}

    /** An entry of the section, with an empty slot. */
    public static byte[] entry(String function) {
        byte[] name = RawText.encode(function);
        if (name.length >= ENTRY_SIZE - NAME_OFFSET) {
            throw new IllegalArgumentException("the name of a function has " + name.length + " bytes");
        }
        byte[] entry = new byte[ENTRY_SIZE];
        System.arraycopy(name, 0, entry, NAME_OFFSET, name.length);
        return entry;
    }

    /**
     * The originals that a patch calls.
     *
     * @throws dev.pulpo.elf.MalformedElfException where {@code pulpo.h} cannot have made the section
     */
    public static List<Original> of(ElfFile patch) {
        List<Original> originals = new ArrayList<>(read(patch, SECTION, false));
        originals.addAll(read(patch, PREVIOUS, true));
        return List.copyOf(originals);
    }

    private static List<Original> read(ElfFile patch, String name, boolean previous) {
        List<Original> originals = new ArrayList<>();
        patch.section(name).filter(Section::hasBytes).ifPresent(section -> {
            ByteCursor cursor = patch.rawData(section);
            while (cursor.hasRemaining()) {
                LinkAddress slot = section.address().plus(cursor.position());
                cursor.skip(NAME_OFFSET);
                MemorySegment function = cursor.bytes(ENTRY_SIZE - NAME_OFFSET);
                originals.add(
                        new Original(RawText.decodeString(function.toArray(ValueLayout.JAVA_BYTE)), slot, previous));
            }
        });
        return originals;
    }

    /**
     * The slots of the originals.
     *
     * @throws dev.pulpo.elf.MalformedElfException where {@code pulpo.h} cannot have made the section
     */
    public static List<ConstructorCheck.Place> places(ElfFile patch) {
        return of(patch).stream().map(original -> new ConstructorCheck.Place("the original of " + original.function(),
                original.slot(), Long.BYTES)).toList();
    }
}
