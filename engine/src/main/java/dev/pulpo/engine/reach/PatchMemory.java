package dev.pulpo.engine.reach;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfHeader;
import dev.pulpo.elf.FileOffset;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SectionType;
import dev.pulpo.elf.Segment;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * The memory of a loaded patch: its segments and its trampolines. While it is loaded, the loader and the unwinder keep
 * addresses in it, which are gone, or used no more, once it is closed. They are told by what they point to:
 *
 * <ul>
 * <li>what only the loader and the unwinder read: headers, dynamic section, symbol and version tables, hash tables,
 * relocations and the slots that they fill, notes, unwind tables, and the initial content of thread-local storage;
 * <li>names in the string table that {@code dladdr} never returns: those of versions, of libraries, of symbols that the
 * patch does not define;
 * <li>exit handlers that the patch has registered for itself;
 * <li>the end of the file's name, in a word that was an address before;
 * <li>where the chains of the hash table would begin if it had all symbols;
 * <li>{@code l_text_end} of a {@code struct link_map}, which may be the first address of the constants: it follows
 * {@code l_map_start} and {@code l_map_end} (glibc to 2.37, include/link.h).
 * </ul>
 *
 * @param record of the patch
 * @param object its file; empty where it is not mapped any more
 */
record PatchMemory(Registry.StoredRecord record, Optional<LoadedObject> object) {
    private static final long PAGE = 4096;
    private static final Set<SectionType> LOADERS = Set.of(SectionType.DYNAMIC, SectionType.DYNSYM, SectionType.HASH,
            SectionType.GNU_HASH, SectionType.GNU_VERDEF, SectionType.GNU_VERNEED, SectionType.GNU_VERSYM,
            SectionType.RELA, SectionType.REL, SectionType.RELR, SectionType.NOTE);
    private static final Set<String> BY_NAME = Set.of(".eh_frame", ".eh_frame_hdr", ".gcc_except_table", ".got",
            ".got.plt", ".init_array", ".fini_array");
    private static final int LONGEST_NAME = 4096;
    /** How the loader is told to open a file in memory. */
    private static final Pattern DESCRIPTOR = Pattern.compile("(?:/proc)?/self/fd/(?:\\./)*[0-9]+");
    private static final int EF_FREE = 0;
    private static final int EF_CXA = 4;

    static PatchMemory of(Registry.StoredRecord record, ProcessImage image) {
        PatchRecord patch = record.patch();
        return new PatchMemory(record, image.objects().stream()
                .filter(object -> object.bias() == patch.bias() && object.start().equals(patch.start())).findFirst());
    }

    /** First address after its segments, zero-initialised data included. The loader keeps it as l_map_end. */
    RemoteAddress end() {
        return object.stream().flatMap(known -> known.elf().segments().stream()
                .filter(segment -> segment.type().equals(SegmentType.LOAD))
                .map(segment -> known.toRemote(new LinkAddress(segment.address().value() + segment.memorySize()))))
                .max(RemoteAddress::compareTo).orElse(record.patch().end());
    }

    /** All of it. */
    List<CodeRanges.Range> ranges() {
        PatchRecord patch = record.patch();
        List<CodeRanges.Range> ranges = new ArrayList<>();
        ranges.add(new CodeRanges.Range(patch.start(), end(), "patch " + patch.id().shortForm()));
        if (!patch.trampolines().isEmpty()) {
            ranges.add(new CodeRanges.Range(patch.trampolines().start(), patch.trampolines().end(),
                    "the way to patch " + patch.id().shortForm()));
        }
        return ranges;
    }

    /**
     * Whether an address leads to something of the patch, or to the end of it: a pointer may stand behind the last element.
     * The rest of a segment's last page has bytes of the file that nothing refers to. Words that were overwritten in part,
     * by the end of a text for instance, often look like addresses there.
     */
    boolean contains(long address) {
        return ranges().stream().anyMatch(range -> range.start().value() <= address && address < range.end().value())
                && !isBetweenSegments(address);
    }

    private boolean isBetweenSegments(long address) {
        return object.filter(known -> known.contains(new RemoteAddress(address))).stream()
                .anyMatch(known -> known.elf().segments().stream()
                        .filter(segment -> segment.type().equals(SegmentType.LOAD))
                        .noneMatch(segment -> isIn(segment, known.toLink(new RemoteAddress(address)))));
    }

    private static boolean isIn(Segment segment, LinkAddress address) {
        long offset = address.value() - segment.address().value();
        return 0 <= offset && offset <= segment.memorySize();
    }

    /**
     * Whether the word is one that the loader or the unwinder keeps.
     *
     * @param address of the word
     * @param value   an address in this memory
     */
    boolean isLoaders(TargetMemory memory, long address, long value) {
        if (object.isEmpty()) {
            return false;
        }
        ElfFile elf = object.get().elf();
        LinkAddress place = object.get().toLink(new RemoteAddress(value));
        return isHeader(elf, place) || elf.sections().stream().anyMatch(section -> section.contains(place)
                && (LOADERS.contains(section.type()) || BY_NAME.contains(section.name())
                        || section.type().equals(SectionType.STRTAB) && !isSymbolName(elf, section, place)))
                || elf.segments().stream().anyMatch(segment -> segment.type().equals(SegmentType.TLS)
                        && place.value() - segment.address().value() >= 0
                        && place.value() - segment.address().value() < segment.fileSize())
                || isTextEnd(memory, elf, address, place) || isChain(elf, place)
                || isExitHandler(memory, address) || isEndOfName(memory, address, value);
    }

    /**
     * Whether the low bytes of the word are the end of a text that names the file, as the loader keeps it; {@code malloc}
     * does not clear what it gives, so the high bytes may be those of an old address.
     */
    private boolean isEndOfName(TargetMemory memory, long address, long value) {
        StringBuilder text = new StringBuilder();
        int length = 0;
        while (length < Long.BYTES && (byte) (value >>> 8 * length) > ' ') {
            text.append((char) (value >>> 8 * length++ & 0xff));
        }
        if (length == 0 || length == Long.BYTES || (byte) (value >>> 8 * length) != 0) {
            return false;
        }
        try {
            long at = address;
            long word = 0;
            for (int i = Long.BYTES - 1; text.length() < LONGEST_NAME; i = Math.floorMod(i - 1, Long.BYTES)) {
                if (i == Long.BYTES - 1) {
                    at -= Long.BYTES;
                    word = memory.readLong(new RemoteAddress(at));
                }
                if ((byte) (word >>> 8 * i) == 0) {
                    break;
                }
                text.insert(0, (char) (word >>> 8 * i & 0xff));
            }
        } catch (SystemCallException unmapped) {
            // The text begins where the mapping does.
        }
        String name = text.toString();
        return name.startsWith("/") && (name.endsWith("/" + object.orElseThrow().fileName())
                || DESCRIPTOR.matcher(name).matches());
    }

    /**
     * Whether it is a word of an exit handler that the patch has registered, such as the destructor of a static object:
     * closing the patch calls and removes those (Itanium C++ ABI, 3.3.5.3). A handler that another object has registered
     * counts. In glibc (stdlib/exit.h) flavor, function, argument and handle follow each other; a handle is the address of a
     * word that holds its own address.
     */
    private boolean isExitHandler(TargetMemory memory, long address) {
        for (long entry = address - 24; entry < address; entry += 8) {
            try {
                long flavor = memory.readLong(new RemoteAddress(entry));
                RemoteAddress handle = new RemoteAddress(memory.readLong(new RemoteAddress(entry + 24)));
                if ((flavor == EF_FREE || flavor == EF_CXA) && contains(handle.value())
                        && memory.readLong(handle) == handle.value()) {
                    return true;
                }
            } catch (SystemCallException unmapped) {
                // An entry cannot begin there.
            }
        }
        return false;
    }

    /**
     * Whether it is {@code l_gnu_chain_zero}: where the hash table's chains would begin if it had all symbols (glibc,
     * elf/dl-setup_hash.c). That may be before the table.
     */
    private static boolean isChain(ElfFile elf, LinkAddress place) {
        return elf.sections(SectionType.GNU_HASH).stream().anyMatch(section -> {
            ByteCursor table = elf.data(section);
            long buckets = table.u32();
            long omitted = table.u32();
            long filter = table.u32();
            return place.value() == section.address().value() + 16 + 8 * filter + 4 * buckets - 4 * omitted;
        });
    }

    /** Whether it is within the ELF header or the program headers, wherever those are. */
    private static boolean isHeader(ElfFile elf, LinkAddress place) {
        return isWithin(elf, new FileOffset(0), ElfHeader.SIZE, place)
                || isWithin(elf, elf.header().programHeaders(), (long) Segment.ENTRY_SIZE * elf.segments().size(),
                        place);
    }

    private static boolean isWithin(ElfFile elf, FileOffset offset, long size, LinkAddress place) {
        return elf.linkAddress(offset)
                .filter(start -> Long.compareUnsigned(place.value() - start.value(), size) < 0).isPresent();
    }

    /** Whether it is the name of a symbol that the patch defines, or within that. */
    private static boolean isSymbolName(ElfFile elf, Section strings, LinkAddress place) {
        ByteCursor all = elf.data(strings);
        long at = place.value() - strings.address().value();
        long begin = at;
        while (begin > 0 && at - begin < LONGEST_NAME && byteAt(all, begin - 1) != 0) {
            begin--;
        }
        StringBuilder name = new StringBuilder();
        for (long i = begin; i < strings.size() && i - begin < LONGEST_NAME && byteAt(all, i) != 0; i++) {
            name.append((char) (byteAt(all, i) & 0xff));
        }
        // A linker may let a name end in that of another: then the end counts.
        return elf.dynamicSymbols().stream()
                .anyMatch(symbol -> symbol.isDefined() && !symbol.name().isEmpty()
                        && name.toString().endsWith(symbol.name()));
    }

    private static byte byteAt(ByteCursor all, long at) {
        return all.position(at).i8();
    }

    private boolean isTextEnd(TargetMemory memory, ElfFile elf, long address, LinkAddress place) {
        boolean ends = elf.segments().stream().anyMatch(segment -> segment.type().equals(SegmentType.LOAD)
                && segment.isExecutable() && pageEnd(segment) == place.value());
        try {
            return ends && memory.readLong(new RemoteAddress(address - 16)) == record.patch().start().value();
        } catch (SystemCallException vanished) {
            return false;
        }
    }

    private static long pageEnd(Segment segment) {
        return segment.address().value() + segment.memorySize() + PAGE - 1 & -PAGE;
    }
}
