package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfFile;
import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.Section;
import dev.pulpo.elf.SymbolType;
import dev.pulpo.elf.cfi.FunctionRanges;
import dev.pulpo.elf.dwarf.AddressRange;
import dev.pulpo.x86.Decoder;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Code without a symbol: functions, which have a frame description (psABI, "DWARF Call Frame Information"; their names here
 * are their link addresses), and what lies between functions and is no padding.
 */
final class UnnamedCode {
    private static final byte BREAKPOINT = (byte) 0xcc;
    private static final int LONGEST_ZEROS = 9;

    private final List<ElfSymbol> functions = new ArrayList<>();
    private final List<ElfSymbol> gaps = new ArrayList<>();
    private final Set<Long> gapStarts = new HashSet<>();
    private final CodeNames names;

    UnnamedCode(ElfFile elf, CodeNames names, NavigableMap<Long, ElfSymbol> named) {
        this.names = names;
        TreeMap<Long, ElfSymbol> known = new TreeMap<>(Long::compareUnsigned);
        named.values().stream().filter(symbol -> symbol.type().isFunction())
                .forEach(symbol -> known.put(symbol.value(), symbol));
        FunctionRanges ranges = FunctionRanges.of(elf);
        for (long start : ranges.starts()) {
            ranges.startingAt(new LinkAddress(start)).ifPresent(range -> function(range, known));
        }
        TreeSet<Long> labels = new TreeSet<>(Long::compareUnsigned);
        names.table().stream().filter(symbol -> symbol.isDefined() && symbol.size() == 0
                && (symbol.type() == SymbolType.FUNC || symbol.type() == SymbolType.NOTYPE)
                && !symbol.name().isEmpty()).forEach(symbol -> labels.add(symbol.value()));
        for (Section section : names.sections()) {
            if (section.isExecutable() && !section.name().startsWith(".plt")) {
                between(section, known, labels);
            }
        }
    }

    private void function(AddressRange range, NavigableMap<Long, ElfSymbol> known) {
        long start = range.start().value();
        Map.Entry<Long, ElfSymbol> below = known.floorEntry(start);
        boolean covered = below != null && start - below.getKey() < below.getValue().size();
        boolean code = names.section(start)
                .filter(section -> section.isExecutable() && !section.name().startsWith(".plt")).isPresent();
        if (!covered && code) {
            Long next = known.higherKey(start);
            long end = next != null && Long.compareUnsigned(next, range.end().value()) < 0
                    ? next
                    : range.end().value();
            if (end - start > 0) {
                ElfSymbol symbol = CodeNames.symbol("0x" + Long.toHexString(start), start, end - start,
                        SymbolType.FUNC);
                known.put(start, symbol);
                functions.add(symbol);
            }
        }
    }

    private void between(Section section, NavigableMap<Long, ElfSymbol> known, NavigableSet<Long> labels) {
        long end = section.address().value() + section.size();
        long at = section.address().value();
        for (ElfSymbol symbol : known.subMap(at, end).values()) {
            gap(at, symbol.value(), labels);
            at = Math.max(at, symbol.value() + symbol.size());
        }
        gap(at, end, labels);
    }

    private void gap(long from, long to, NavigableSet<Long> labels) {
        for (long at = from; at - to < 0;) {
            Long label = labels.higher(at);
            long end = label != null && label - to < 0 ? label : to;
            chunk(at, end);
            at = end;
        }
    }

    private void chunk(long from, long to) {
        byte[] bytes = names.bytes(from, to - from);
        Decoder decoder = new Decoder();
        int start = 0;
        while (start < bytes.length) {
            int length = decoder.decode(bytes, start, bytes.length);
            if (bytes[start] == BREAKPOINT || length > 0 && decoder.isNop()) {
                start += bytes[start] == BREAKPOINT ? 1 : length;
            } else {
                break;
            }
        }
        int end = bytes.length;
        while (end > start
                && (bytes[end - 1] == BREAKPOINT || isZero(bytes, Math.max(start, end - LONGEST_ZEROS), end))) {
            end--;
        }
        if (start < end) {
            ElfSymbol symbol = CodeNames.symbol("0x" + Long.toHexString(from + start), from + start, end - start,
                    SymbolType.FUNC);
            gaps.add(symbol);
            gapStarts.add(symbol.value());
        }
    }

    /** More zeros than a nop ends with. */
    private static boolean isZero(byte[] bytes, int from, int to) {
        for (int i = from; i < to; i++) {
            if (bytes[i] != 0) {
                return false;
            }
        }
        return true;
    }

    /** All of it. */
    List<ElfSymbol> symbols() {
        List<ElfSymbol> all = new ArrayList<>(functions);
        all.addAll(gaps);
        return all;
    }

    List<ElfSymbol> gaps() {
        return gaps;
    }

    /** Whether it is code of which nothing says where functions in it begin. */
    boolean isGap(ElfSymbol symbol) {
        return gapStarts.contains(symbol.value());
    }
}
