package dev.pulpo.elf.dwarf;

import dev.pulpo.elf.ByteCursor;
import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ReadLimits;
import dev.pulpo.elf.Section;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The debug sections of a file, inflated on demand. Missing sections are empty. Thread-safe. */
final class Sections {
    private final ElfFile file;
    private final String suffix;
    private final @Nullable Map<String, Part> parts;
    private final Map<String, ByteCursor> found = new ConcurrentHashMap<>();
    private final Map<Long, Abbreviations> abbreviations = new ConcurrentHashMap<>();
    private final AtomicLong keptText = new AtomicLong();
    private final AtomicLong keptShapes = new AtomicLong();

    /**
     * A part of a section.
     *
     * @param offset where it begins in the section, in bytes
     * @param size   how long it is, in bytes
     */
    record Part(long offset, long size) {}

    /** @param suffix {@code .dwo} for the sections of a split unit, else empty */
    Sections(ElfFile file, String suffix) {
        this(file, suffix, null);
    }

    private Sections(ElfFile file, String suffix, @Nullable Map<String, Part> parts) {
        this.file = file;
        this.suffix = suffix;
        this.parts = parts;
    }

    /** The parts of a package's sections that belong to one unit; all units share the strings. */
    static Sections packed(ElfFile file, Map<String, Part> parts) {
        return new Sections(file, ".dwo", parts);
    }

    String name() {
        return file.name();
    }

    /** A new cursor over a section, named without the suffix. */
    ByteCursor cursor(String section) {
        ByteCursor whole = found.computeIfAbsent(section, this::load);
        return whole.slice(0, whole.limit());
    }

    private ByteCursor load(String section) {
        if (parts != null && !section.equals(".debug_str")) {
            Part part = parts.get(section);
            Optional<Section> whole = find(file, section + suffix);
            return part == null || whole.isEmpty()
                    ? empty(section)
                    : file.data(whole.get()).slice(part.offset(), part.size());
        }
        return find(file, section + suffix).map(file::data).orElseGet(() -> empty(section));
    }

    /** A debug section, by its name or by the GNU name of the compressed section. */
    static Optional<Section> find(ElfFile file, String name) {
        return file.section(name).filter(Section::hasBytes)
                .or(() -> file.section(name.replaceFirst("^[.]debug_", ".zdebug_")).filter(Section::hasBytes));
    }

    private ByteCursor empty(String section) {
        return ByteCursor.of(MemorySegment.ofArray(new byte[0]), name() + " without " + section, 0);
    }

    /** The limits for reading the file. */
    ReadLimits limits() {
        return file.limits();
    }

    /** Counts a text that is kept for a unit: two hundred thousand units may each name the same long text. */
    void keep(String text) {
        ReadLimits.check(name(), 0, keptText.addAndGet(text.length()), limits().nameBytes(),
                "characters of directories and file names");
    }

    Abbreviations abbreviations(long offset) {
        Abbreviations known = abbreviations.get(offset);
        if (known != null) {
            return known;
        }
        Abbreviations read = Abbreviations.read(cursor(".debug_abbrev").position(offset), keptShapes,
                limits().entries());
        abbreviations.put(offset, read);
        return read;
    }
}
