package dev.pulpo.elf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Makes a changed copy of an ELF file: it can change sections that are not loaded, and make imports weak. Everything that
 * is loaded keeps its place and, except for those imports, its content; all other sections keep even their numbers. New
 * bytes, the section names and the section headers go to the end of the file.
 *
 * <p>An editor belongs to one thread. The file must stay open until the copy is made.
 */
public final class ElfEditor {
    /** The new content of a section. */
    record NewContent(SectionType type, long alignment, MemorySegment bytes) {}

    private final ElfFile file;
    private final Map<String, NewContent> put = new LinkedHashMap<>();
    /** The names of removed sections, each with the changes that its removal causes elsewhere. */
    private final Map<String, List<EditedFile.Patch>> removed = new LinkedHashMap<>();
    private final List<EditedFile.Patch> patches = new ArrayList<>();

    private ElfEditor(ElfFile file) {
        this.file = file;
    }

    /**
     * An editor without changes.
     *
     * @throws IllegalArgumentException for the memory of a process, which has no sections
     */
    public static ElfEditor of(ElfFile file) {
        if (file.isImage()) {
            throw new IllegalArgumentException(file.name() + " is no file");
        }
        return new ElfEditor(file);
    }

    /**
     * Replaces the content of a section, or adds a section. New sections come after all others, have the type
     * {@link SectionType#PROGBITS} and no alignment; existing ones keep both.
     *
     * @throws IllegalArgumentException if the section is loaded or holds the names of sections, or if the name is
     *                                  empty or has a NUL in it
     */
    public ElfEditor put(String name, byte[] content) {
        Section old = file.section(name).orElse(null);
        if (old == null) {
            return put(name, SectionType.PROGBITS, 1, content);
        }
        if (!isAlignment(old.alignment())) {
            throw new MalformedElfException(file.name(), file.header().sectionHeaders().value()
                    + (long) old.index() * Section.ENTRY_SIZE + SectionLayout.ALIGNMENT, "an alignment",
                    Long.toUnsignedString(old.alignment()));
        }
        return put(name, old.hasBytes() ? old.type() : SectionType.PROGBITS, old.alignment(), content);
    }

    /**
     * Sets the content, the type and the alignment of a section.
     *
     * @param alignment the alignment in the file, in bytes: 0 or a power of two up to 65536
     * @throws IllegalArgumentException if the section is loaded or holds the names of sections, where the alignment
     *                                  is none, or if the name is empty or has a NUL in it
     */
    public ElfEditor put(String name, SectionType type, long alignment, byte[] content) {
        requireMovable(name);
        if (name.isEmpty() || name.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("not the name of a section: \"" + name + "\"");
        }
        if (!isAlignment(alignment)) {
            throw new IllegalArgumentException("not an alignment: " + alignment);
        }
        if (type.equals(SectionType.NOBITS) || type.equals(SectionType.NULL)) {
            throw new IllegalArgumentException("a section of type " + type + " has no content");
        }
        removed.remove(name);
        put.put(name, new NewContent(type, alignment, MemorySegment.ofArray(content.clone())));
        return this;
    }

    /**
     * Removes the sections of a name, if there are any. If sections with higher numbers remain, the header becomes
     * inactive ({@code SHT_NULL}), so that no other section changes its number.
     *
     * @throws IllegalArgumentException if such a section is loaded, or if something else in the file needs it
     */
    public ElfEditor remove(String name) {
        requireMovable(name);
        List<EditedFile.Patch> changes = file.sections().stream().filter(section -> section.name().equals(name))
                .flatMap(section -> SectionRemoval.check(file, section, removed.keySet()).stream()).toList();
        put.remove(name);
        removed.put(name, changes);
        return this;
    }

    /** Zero, or a small power of two, because the padding is written out. */
    private static boolean isAlignment(long value) {
        return value >= 0 && value <= 1 << 16 && Long.bitCount(value) <= 1;
    }

    private void requireMovable(String name) {
        for (Section section : file.sections()) {
            if (section.name().equals(name)
                    && (section.isAllocated() || section.index() == file.header().sectionNameIndex())) {
                throw new IllegalArgumentException(file.name() + ": section " + name
                        + (section.isAllocated() ? " is loaded" : " holds the names of sections"));
            }
        }
    }

    /**
     * Makes imports weak: if nothing defines them, the dynamic loader gives them the address 0 instead of refusing to
     * load the file. Changes only the entries in {@code .dynsym}, which the loader uses.
     *
     * @param which selects among the global undefined dynamic symbols
     */
    public ElfEditor weaken(Predicate<ElfSymbol> which) {
        SymbolTable symbols = file.dynamicSymbols();
        for (int i = 1; i < symbols.size(); i++) {
            ElfSymbol symbol = symbols.get(i);
            if (!symbol.isDefined() && symbol.binding() == SymbolBinding.GLOBAL && which.test(symbol)) {
                int info = SymbolBinding.WEAK.code() << 4 | symbol.type().code();
                patches.add(EditedFile.Patch.of(symbols.entryOffset(i) + 4, (byte) info));
            }
        }
        return this;
    }

    /**
     * Overwrites bytes that are loaded from the file.
     *
     * @throws IllegalArgumentException if the file does not hold as many bytes at that address
     */
    public ElfEditor overwrite(LinkAddress address, byte[] bytes) {
        FileOffset offset = file.fileOffset(address).filter(
                first -> file.fileOffset(new LinkAddress(address.value() + bytes.length - 1))
                        .filter(last -> last.value() - first.value() == bytes.length - 1).isPresent())
                .orElseThrow(() -> new IllegalArgumentException(file.name() + " does not hold " + bytes.length
                        + " bytes of " + address));
        patches.add(EditedFile.Patch.of(offset.value(), bytes.clone()));
        return this;
    }

    /** The changed copy, in memory. */
    public byte[] toBytes() {
        return edit().toBytes();
    }

    /**
     * Writes the changed copy to a file, atomically even if the machine fails. An existing file is replaced and keeps its
     * permissions (not setuid and setgid); processes that have it open or mapped keep the old one. A new file gets the
     * permissions of the edited file, if that is known.
     *
     * @param target may be the edited file itself; a symbolic link is followed
     * @throws IOException if writing fails; the target is then as it was
     */
    public void write(Path target) throws IOException {
        edit().write(target);
    }

    private EditedFile edit() {
        if (put.isEmpty() && removed.isEmpty()) {
            return new EditedFile(file.source(), file.source().size(), List.copyOf(patches),
                    MemorySegment.ofArray(new byte[0]));
        }
        List<EditedFile.Patch> all = new ArrayList<>(patches);
        removed.values().forEach(all::addAll);
        return new SectionLayout(file, put, removed.keySet()).lay(all);
    }

    @Override
    public String toString() {
        return "editor of " + file.name();
    }
}
