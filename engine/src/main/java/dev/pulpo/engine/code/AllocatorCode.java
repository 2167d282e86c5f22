package dev.pulpo.engine.code;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.ObjectType;
import dev.pulpo.elf.RadixSort;
import dev.pulpo.elf.Relocation;
import dev.pulpo.elf.RelocationTable;
import dev.pulpo.elf.RelocationType;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.cfi.FunctionRanges;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.x86.CodeScan;
import dev.pulpo.x86.Decoder;
import dev.pulpo.x86.Flow;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The allocator that an object brings along, of a program that is much more than that: its functions, and all that they can
 * call within the object, directly or through tables of functions that they use. What is only called to end the process does
 * not count. Link addresses.
 */
final class AllocatorCode {
    /** What malloc(3) and C++ define, and what jemalloc, tcmalloc and mimalloc add. */
    private static final Pattern NAMES = Pattern
            .compile("(?:__libc_)?(?:malloc|free|calloc|realloc|memalign|valloc|pvalloc)"
                    + "|aligned_alloc|posix_memalign|cfree|reallocarray|malloc_\\w+|mallinfo2?|mallopt|free_\\w+"
                    + "|_Zn[wa]m\\w*|_Zd[la]Pv\\w*|mallctl\\w*|n?s?d?[rx]?allocx|mallocx|(?:_r?je|je|mi|tc)_\\w+"
                    + "|_ZN15MallocExtension\\w*");

    /** Longer tables are no tables of an allocator. */
    private static final int MOST_WORDS = 32;
    /** Functions without a frame description are searched for their end so far. */
    private static final int MOST_BYTES = 1 << 16;

    private final ElfFile elf;
    private final FunctionRanges functions;
    private final StoredCode code;
    private final List<Section> linkage;
    private final RelocationTable relocations;
    /** Places of the relocations, ascending, and which of them each is. */
    private final long[] places;
    private final long[] numbers;
    private final long[] packed;
    private final boolean fixed;
    private final Map<Long, AddressRange> found = new TreeMap<>();
    private final Deque<AddressRange> open = new ArrayDeque<>();
    private final Decoder decoder = new Decoder();

    private AllocatorCode(ElfFile elf) {
        this.elf = elf;
        this.functions = FunctionRanges.of(elf);
        this.code = new StoredCode(elf);
        this.linkage = elf.sections().stream().filter(section -> section.name().startsWith(".plt")).toList();
        this.relocations = elf.dynamicRelocations();
        this.numbers = LongStream.range(0, relocations.size()).toArray();
        this.places = LongStream.range(0, relocations.size()).map(relocations::place).toArray();
        RadixSort.sort(places, numbers);
        this.packed = elf.relativeRelocations().places().mapToLong(LinkAddress::value).sorted().toArray();
        this.fixed = elf.header().type().equals(ObjectType.EXECUTABLE);
    }

    /** The functions of an object's allocator, ascending. */
    static List<AddressRange> of(ElfFile elf) {
        AllocatorCode allocator = new AllocatorCode(elf);
        Stream.concat(elf.dynamicSymbols().stream(), elf.symbols().stream())
                .filter(symbol -> symbol.isDefined() && symbol.type().isFunction()
                        && NAMES.matcher(symbol.name()).matches())
                .forEach(symbol -> allocator.add(symbol.value()));
        while (!allocator.open.isEmpty()) {
            allocator.follow(allocator.open.remove());
        }
        return List.copyOf(allocator.found.values());
    }

    private void add(long address) {
        LinkAddress place = new LinkAddress(address);
        if (code.isCode(address) && linkage.stream().noneMatch(section -> section.contains(place))) {
            AddressRange range = functions.containing(place).orElseGet(() -> undescribed(address));
            if (found.putIfAbsent(range.start().value(), range) == null) {
                open.add(range);
            }
        }
    }

    /** A function without a frame description: up to where control does not go on, and no branch before it leads beyond. */
    private AddressRange undescribed(long start) {
        byte[] bytes = code.bytes(start, MOST_BYTES);
        int farthest = 0;
        int at = 0;
        while (at < bytes.length) {
            int length = decoder.decode(bytes, at, bytes.length);
            if (length == 0 || CodeScan.isTrap(bytes, at) && at > farthest) {
                break;
            }
            at += length;
            Flow flow = decoder.flow();
            long target = flow.isDirect() && flow != Flow.CALL ? at + decoder.branchDisplacement() : 0;
            if (target > farthest && target < bytes.length) {
                farthest = (int) target;
            }
            // After an indirect jump come the cases of a switch.
            if (!flow.fallsThrough() && flow != Flow.INDIRECT_JUMP && at > farthest) {
                break;
            }
        }
        return new AddressRange(new LinkAddress(start), new LinkAddress(start + at));
    }

    private void follow(AddressRange function) {
        long start = function.start().value();
        byte[] bytes = code.bytes(start, function.size());
        for (int at = 0; at < bytes.length;) {
            int length = decoder.decode(bytes, at, bytes.length);
            if (length == 0) {
                at++;
                continue;
            }
            int next = at + length;
            Flow flow = decoder.flow();
            if (flow.isDirect()) {
                long target = start + next + decoder.branchDisplacement();
                boolean inside = target >= start && target < start + bytes.length;
                if (!inside && !(flow == Flow.CALL && isEnd(bytes, next))) {
                    add(target);
                }
            } else if (decoder.isRipRelative()) {
                use(start + next + decoder.displacement());
            }
            at = next;
        }
    }

    /** Whether a call does not return, so that the process ends there: what comes next is a trap, or another function. */
    private static boolean isEnd(byte[] bytes, int next) {
        return next >= bytes.length || CodeScan.isTrap(bytes, next);
    }

    /** Takes what a variable points to: a function, or a table of functions. The variable may be the table. */
    private void use(long variable) {
        add(variable);
        long pointer = pointerAt(variable);
        add(pointer);
        functionsFrom(variable);
        functionsFrom(pointer);
    }

    private void functionsFrom(long table) {
        for (int i = 0; i < MOST_WORDS; i++) {
            long pointer = pointerAt(table + (long) i * Long.BYTES);
            if (!code.isCode(pointer)) {
                break;
            }
            add(pointer);
        }
    }

    private long pointerAt(long address) {
        int at = Arrays.binarySearch(places, address);
        if (at < 0) {
            return fixed && !code.isCode(address) || Arrays.binarySearch(packed, address) >= 0 ? code.word(address) : 0;
        }
        Relocation relocation = relocations.get(numbers[at]);
        if (relocation.symbolIndex() == 0) {
            return relocation.type().equals(RelocationType.RELATIVE) ? relocation.addend() : 0;
        }
        return elf.dynamicSymbols().get(relocation.symbolIndex()).value() + relocation.addend();
    }
}
