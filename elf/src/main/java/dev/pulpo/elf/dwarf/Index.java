package dev.pulpo.elf.dwarf;

import java.util.List;

/**
 * Maps names (by hash) to entries, addresses to functions, and functions to their copies. An index holds only the
 * {@linkplain EntryReader#reference() numbers} of entries.
 */
final class Index {
    /** Functions with code of their own, and functions that exist in inlined copies, by plain and linkage name. */
    final LongMultimap functions = new LongMultimap();
    /** Functions with code of their own, by the entry that their copies share. */
    final LongMultimap bodies = new LongMultimap();
    /** Inlined copies, by the function they are copies of. */
    final LongMultimap inlined = new LongMultimap();
    /** Tail calls, by the key of the called function's name; and for each the function that contains it. */
    final LongMultimap tailCalls = new LongMultimap();
    final LongMultimap tailCallsFrom = new LongMultimap();
    /** Variables with a fixed place, by plain and linkage name; and for each local one its function. */
    final LongMultimap variables = new LongMultimap();
    final LongMultimap variableFunctions = new LongMultimap();
    /** Other variables outside of functions, by plain and linkage name: declarations, constants, removed ones. */
    final LongMultimap placeless = new LongMultimap();
    /** Definitions of types, by plain and qualified name. */
    final LongMultimap types = new LongMultimap();
    final RangeIndex.Builder code = new RangeIndex.Builder();

    private List<LongMultimap> maps() {
        return List.of(functions, bodies, inlined, tailCalls, tailCallsFrom, variables, variableFunctions, placeless,
                types);
    }

    /** Frees unused capacity. */
    Index trimmed() {
        maps().forEach(LongMultimap::trim);
        return this;
    }

    static Index merge(List<Index> parts) {
        Index whole = new Index();
        List<LongMultimap> maps = whole.maps();
        for (int i = 0; i < maps.size(); i++) {
            for (Index part : parts) {
                maps.get(i).putAll(part.maps().get(i));
            }
            maps.get(i).sort();
        }
        parts.forEach(part -> whole.code.addAll(part.code));
        return whole;
    }

    /** The key of no name. */
    static final long NO_NAME = 0xcbf29ce484222325L;

    /** The key of a name; different names may have the same key. */
    static long key(String name) {
        return key(NO_NAME, name);
    }

    /** The key of a prefix with a known key, followed by a name. */
    static long key(long before, String name) {
        long hash = before;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
