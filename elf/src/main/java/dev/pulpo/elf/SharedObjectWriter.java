package dev.pulpo.elf;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes a shared object whose parts have given link addresses, so that relative references between them need no
 * relocation. Headers and the tables for the dynamic loader come after all parts:
 *
 * <pre>
 *   0            ELF header
 *   ...          parts, each on pages of its own kind: read, execute, write
 *   after them   .dynamic (writable)
 *   after that   .hash .dynsym .gnu.version* .dynstr .rela.dyn, build-id, program headers
 *   not loaded   .symtab .strtab .shstrtab, section headers
 * </pre>
 *
 * A writer belongs to one thread.
 */
public final class SharedObjectWriter {
    private static final int HEADER_SIZE = 64;
    private static final int BUILD_ID_SIZE = 20;

    /** What a part may be used for, besides reading. */
    public enum Access {
        READ, EXECUTE, WRITE;

        private int flags() {
            return switch (this) {
                case READ -> LoadPages.READ;
                case EXECUTE -> LoadPages.READ | LoadPages.EXECUTE;
                case WRITE -> LoadPages.READ | LoadPages.WRITE;
            };
        }
    }

    /** A range that gets a program header of its own. */
    private record Named(SegmentType type, LinkAddress address, long size, long memorySize, long alignment) {}

    private final LoadPages pages = new LoadPages();
    private final DynamicParts dynamic = new DynamicParts();
    private final SectionHeaders sections = new SectionHeaders();
    private final List<Named> named = new ArrayList<>();

    /** A writer without parts. */
    public SharedObjectWriter() {
        pages.put(new LinkAddress(0), new byte[HEADER_SIZE], LoadPages.READ);
    }

    /**
     * Puts bytes at an address.
     *
     * @param section the name of the section; parts of the same name that lie on neighbouring pages share one
     * @throws IllegalArgumentException if the page holds both code and variables
     */
    public SharedObjectWriter part(String section, LinkAddress address, byte[] bytes, Access access) {
        pages.put(address, bytes, access.flags());
        sections.add(section, address.value(), bytes.length, access.flags());
        return this;
    }

    /** The first page after all parts. */
    public LinkAddress end() {
        return new LinkAddress(pages.end());
    }

    /** Adds a function that other objects can look up by its name. */
    public SharedObjectWriter export(String name, LinkAddress address, long size) {
        dynamic.symbol(name, SymbolType.FUNC, SymbolBinding.GLOBAL, true, address.value(), size, Optional.empty());
        return symbol(name, address, size, SymbolType.FUNC);
    }

    /** Adds a symbol to {@code .symtab}. */
    public SharedObjectWriter symbol(String name, LinkAddress address, long size, SymbolType type) {
        sections.symbol(name, address.value(), size, type);
        return this;
    }

    /**
     * Adds a symbol that the dynamic loader must find elsewhere.
     *
     * @return its number in the dynamic symbol table
     */
    public int undefined(ElfSymbol symbol) {
        return dynamic.symbol(symbol.name(), symbol.type(),
                symbol.binding() == SymbolBinding.WEAK ? SymbolBinding.WEAK : SymbolBinding.GLOBAL, false, 0, 0,
                symbol.version());
    }

    /** Adds a relocation. */
    public SharedObjectWriter relocation(LinkAddress place, RelocationType type, int symbol, long addend) {
        dynamic.relocation(place, type, symbol, addend);
        return this;
    }

    /** Adds a library that must be loaded, by its {@code DT_SONAME}. */
    public SharedObjectWriter needed(String library) {
        dynamic.library(library);
        return this;
    }

    /** Adds a program header for a part, such as {@code PT_GNU_EH_FRAME}. */
    public SharedObjectWriter segment(SegmentType type, LinkAddress address, int size) {
        named.add(new Named(type, address, size, size, 8));
        return this;
    }

    /**
     * Adds the program header of thread-local variables ({@code PT_TLS}), of which an object has one.
     *
     * @param address    of the part that their values begin with
     * @param size       of it, in bytes
     * @param memorySize of all of them, in bytes
     */
    public SharedObjectWriter threadLocals(LinkAddress address, long size, long memorySize, long alignment) {
        named.add(new Named(SegmentType.TLS, address, size, memorySize, alignment));
        return this;
    }

    /** Adds an entry to the dynamic section, such as {@code DT_INIT_ARRAY}. */
    public SharedObjectWriter dynamic(DynamicTag tag, long value) {
        dynamic.entry(tag, value);
        return this;
    }

    /** The file, whose build-id is a digest of its content. */
    public byte[] toBytes() {
        LinkAddress start = new LinkAddress(pages.end());
        pages.put(start, new byte[dynamic.dynamicSize()], LoadPages.READ | LoadPages.WRITE);
        Map<String, LinkAddress> places = new LinkedHashMap<>();
        LinkAddress at = new LinkAddress(pages.end());
        for (Map.Entry<String, byte[]> table : dynamic.tables().entrySet()) {
            part(table.getKey(), at, table.getValue(), Access.READ);
            places.put(table.getKey(), at);
            at = aligned(at.plus(table.getValue().length));
        }
        byte[] section = dynamic.dynamic(places);
        part(".dynamic", start, section, Access.WRITE);
        segment(SegmentType.DYNAMIC, start, section.length);
        LinkAddress noteAt = at;
        byte[] note = new ByteBuilder().u32(4).u32(BUILD_ID_SIZE).u32(3).string("GNU").bytes(new byte[BUILD_ID_SIZE])
                .toByteArray();
        part(".note.gnu.build-id", noteAt, note, Access.READ);
        segment(SegmentType.NOTE, noteAt, note.length);
        LinkAddress headers = aligned(noteAt.plus(note.length));
        pages.put(headers, new byte[1], LoadPages.READ);
        // The table is at the end, so its size does not change the number of runs.
        int count = pages.runs().size() + named.size() + 1;
        pages.put(headers, new byte[count * Segment.ENTRY_SIZE], LoadPages.READ);
        pages.put(headers, programHeaders(), LoadPages.READ);
        return file(headers, count, noteAt.plus(note.length - BUILD_ID_SIZE));
    }

    private static LinkAddress aligned(LinkAddress address) {
        return new LinkAddress(address.value() + 7 & -8);
    }

    private byte[] programHeaders() {
        ByteBuilder table = new ByteBuilder();
        for (LoadPages.Run run : pages.runs()) {
            header(table, SegmentType.LOAD, run.flags(), run.address(), run.size(), run.size(), LoadPages.PAGE);
        }
        for (Named each : named) {
            boolean writable = each.type.equals(SegmentType.DYNAMIC);
            header(table, each.type, writable ? LoadPages.READ | LoadPages.WRITE : LoadPages.READ, each.address.value(),
                    each.size, each.memorySize, each.alignment);
        }
        // The stack need not be executable.
        table.u32(SegmentType.GNU_STACK.value()).u32(LoadPages.READ | LoadPages.WRITE).bytes(new byte[40]).u64(16);
        return table.toByteArray();
    }

    private void header(ByteBuilder table, SegmentType type, int flags, long address, long size, long memorySize,
            long alignment) {
        // Thread-local variables that all begin with zero have no bytes.
        long offset = size == 0 ? 0 : fileOffset(address);
        table.u32(type.value()).u32(flags).u64(offset).u64(address).u64(address).u64(size).u64(memorySize)
                .u64(alignment);
    }

    private long fileOffset(long address) {
        return pages.runs().stream().filter(run -> Long.compareUnsigned(address - run.address(), run.size()) < 0)
                .mapToLong(run -> run.fileOffset() + address - run.address()).findFirst().orElseThrow();
    }

    private byte[] file(LinkAddress headers, int count, LinkAddress buildId) {
        ByteBuilder file = pages.toBytes();
        SectionHeaders.Place written = sections.write(file, this::fileOffset, dynamic.versionNeeds());
        ByteBuilder header = new ByteBuilder()
                .bytes((byte) 0x7f, (byte) 'E', (byte) 'L', (byte) 'F', (byte) 2, (byte) 1,
                        (byte) 1)
                .bytes(new byte[9]);
        header.u16(ObjectType.DYNAMIC.value()).u16(ElfHeader.X86_64).u32(1).u64(0).u64(fileOffset(headers.value()))
                .u64(written.offset()).u32(0).u16(HEADER_SIZE).u16(Segment.ENTRY_SIZE).u16(count)
                .u16(Section.ENTRY_SIZE).u16(written.count()).u16(written.count() - 1);
        byte[] bytes = file.toByteArray();
        System.arraycopy(header.toByteArray(), 0, bytes, 0, HEADER_SIZE);
        System.arraycopy(digest(bytes), 0, bytes, (int) fileOffset(buildId.value()), BUILD_ID_SIZE);
        return bytes;
    }

    private static byte[] digest(byte[] bytes) {
        try {
            return Arrays.copyOf(MessageDigest.getInstance("SHA-256").digest(bytes), BUILD_ID_SIZE);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java platform has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "shared object up to " + end();
    }
}
