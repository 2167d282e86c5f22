package dev.pulpo.elf;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The dynamic table, which an object has for the dynamic loader (gABI, "Dynamic Section"). It is empty in a statically
 * linked or relocatable object. Thread-safe.
 */
public final class DynamicTable {
    private static final long DF_STATIC_TLS = 0x10;
    private static final long DF_1_PIE = 0x0800_0000;

    /**
     * One entry.
     *
     * @param tag   its meaning
     * @param value a number or a pointer, as it is stored; see {@link DynamicTable#address}
     */
    public record Entry(DynamicTag tag, long value) {}

    private static final int ENTRY_SIZE = 16;

    private final ElfView view;
    private final List<Entry> entries;
    private final Lazy<StringTable> strings;

    private DynamicTable(ElfView view, List<Entry> entries) {
        this.view = view;
        this.entries = entries;
        this.strings = new Lazy<>(this::readStrings);
    }

    static DynamicTable empty(ElfView view) {
        return new DynamicTable(view, List.of());
    }

    /** Reads entries up to {@code DT_NULL} or the end of the segment, whichever comes first. */
    static DynamicTable read(ElfView view, ByteCursor cursor) {
        List<Entry> entries = new ArrayList<>();
        while (cursor.remaining() >= ENTRY_SIZE) {
            long tag = cursor.u64();
            if (tag == 0) {
                break;
            }
            entries.add(new Entry(new DynamicTag(tag), cursor.u64()));
            ReadLimits.check(view.name(), cursor.valueOffset(), entries.size(), view.limits().sections(),
                    "dynamic entries");
        }
        return new DynamicTable(view, List.copyOf(entries));
    }

    /** The entries in their order, without the {@code DT_NULL} that ends them. */
    public List<Entry> entries() {
        return entries;
    }

    /** The value of the first entry with a tag. */
    public OptionalLong value(DynamicTag tag) {
        for (Entry entry : entries) {
            if (entry.tag().equals(tag)) {
                return OptionalLong.of(entry.value());
            }
        }
        return OptionalLong.empty();
    }

    /**
     * The pointer in the first entry with a tag, as a link address: in a memory image, the load bias that the dynamic
     * loader may have added is subtracted.
     */
    public Optional<LinkAddress> address(DynamicTag tag) {
        OptionalLong value = value(tag);
        return value.isEmpty()
                ? Optional.empty()
                : Optional.of(new LinkAddress(view.unrelocated(value.getAsLong())));
    }

    /** The names of the libraries it needs ({@code DT_NEEDED}), in their order. */
    public List<String> needed() {
        StringTable.Keeper names = strings.get().keeper(view.limits());
        return entries.stream().filter(entry -> entry.tag().equals(DynamicTag.NEEDED))
                .map(entry -> names.string(entry.value())).toList();
    }

    /** The name by which other objects refer to it ({@code DT_SONAME}). */
    public Optional<String> soname() {
        return string(DynamicTag.SONAME);
    }

    /** The search path for its libraries, colon-separated, with {@code $ORIGIN} unexpanded ({@code DT_RUNPATH}). */
    public Optional<String> runPath() {
        return string(DynamicTag.RUNPATH);
    }

    /** The older form of it ({@code DT_RPATH}). */
    public Optional<String> rPath() {
        return string(DynamicTag.RPATH);
    }

    /** Whether it is a position-independent program, which is a shared object otherwise ({@code DF_1_PIE}). */
    public boolean isProgram() {
        return (value(DynamicTag.FLAGS_1).orElse(0) & DF_1_PIE) != 0;
    }

    /** Whether the object needs its thread-local storage at a fixed distance from the thread pointer. */
    public boolean hasStaticTls() {
        return (value(DynamicTag.FLAGS).orElse(0) & DF_STATIC_TLS) != 0;
    }

    private Optional<String> string(DynamicTag tag) {
        OptionalLong offset = value(tag);
        return offset.isEmpty() ? Optional.empty() : Optional.of(strings.get().string(offset.getAsLong()));
    }

    StringTable strings() {
        return strings.get();
    }

    private StringTable readStrings() {
        return new StringTable(
                table(DynamicTag.STRTAB, value(DynamicTag.STRSZ).orElse(0), "dynamic string table"));
    }

    /** The bytes that a pointer with a tag points to; empty if there is no such entry. */
    ByteTable table(DynamicTag tag, long size, String what) {
        Optional<LinkAddress> address = address(tag);
        return address.isEmpty() || size == 0
                ? ByteTable.empty(view.name())
                : view.tableAtAddress(address.get().value(), size, what);
    }

    @Override
    public String toString() {
        return entries.toString();
    }
}
