package dev.pulpo.engine.diff;

import dev.pulpo.elf.ElfSymbol;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.elf.SymbolType;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * How the thread-local variables of an object lie: their names by offset, and the size of it all, from which programs
 * count.
 */
record ThreadLocalOffsets(Map<Long, TreeSet<String>> names, long size, long alignment) {
    static ThreadLocalOffsets of(CodeNames code) {
        Map<Long, TreeSet<String>> names = code.table().stream()
                .filter(symbol -> symbol.type() == SymbolType.TLS && symbol.isDefined())
                .collect(Collectors.groupingBy(ElfSymbol::value, TreeMap::new, Collectors.mapping(
                        symbol -> CodeNames.plain(symbol.name()) + " " + symbol.size(),
                        Collectors.toCollection(TreeSet::new))));
        return code.code().elf().segments().stream().filter(segment -> segment.type().equals(SegmentType.TLS))
                .findFirst().map(segment -> new ThreadLocalOffsets(names, segment.memorySize(), segment.alignment()))
                .orElseGet(() -> new ThreadLocalOffsets(names, 0, 0));
    }
}
