package dev.pulpo.elf.dwarf;

import java.util.List;

/**
 * What entries there are: names (by hash) to entries, addresses to functions, functions to their copies. Entries are
 * told by their {@linkplain EntryReader#reference() number}; an index holds nothing else about them.
 */
final class Index {
    /** Functions with code of their own, and functions that exist in inlined copies, by plain and linkage name. */
    final LongMultimap functions = new LongMultimap();
    /** Functions with code of their own, by the entry that their copies have in common. */
    final LongMultimap bodies = new LongMultimap();
    /** Inlined copies, by the function they are copies of; and for each copy the function it is in. */
    final LongMultimap inlined = new LongMultimap();
    final LongMultimap inlinedInto = new LongMultimap();
    /** Tail calls, by the key of the name of the function that is called; and for each the function it is in. */
    final LongMultimap tailCalls = new LongMultimap();
    final LongMultimap tailCallsFrom = new LongMultimap();
    /** Variables with a fixed place, by plain and linkage name; and for each that is local, its function. */
    final LongMultimap variables = new LongMultimap();
    final LongMultimap variableFunctions = new LongMultimap();
    /** Definitions of types, by plain and qualified name. */
    final LongMultimap types = new LongMultimap();
    final RangeIndex.Builder code = new RangeIndex.Builder();

    static Index merge(List<Index> parts) {
        Index whole = new Index();
        for (Index part : parts) {
            whole.functions.putAll(part.functions);
            whole.bodies.putAll(part.bodies);
            whole.inlined.putAll(part.inlined);
            whole.inlinedInto.putAll(part.inlinedInto);
            whole.tailCalls.putAll(part.tailCalls);
            whole.tailCallsFrom.putAll(part.tailCallsFrom);
            whole.variables.putAll(part.variables);
            whole.variableFunctions.putAll(part.variableFunctions);
            whole.types.putAll(part.types);
            whole.code.addAll(part.code);
        }
        return whole;
    }

    /** The key of a name; different names may have the same one. */
    static long key(String name) {
        long hash = 0xcbf29ce484222325L;
        for (int i = 0; i < name.length(); i++) {
            hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }
}
