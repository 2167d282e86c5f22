package dev.pulpo.elf.dwarf;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/** Reads all entries of a unit once and indexes those that queries need. */
final class UnitIndexer {
    private static final long NO_FUNCTION = -1;

    private final Unit unit;
    private final Work work;
    private final EntryReader origins;
    private final Index index = new Index();
    /** By depth: the function around an entry, and the key of the prefix of its qualified name. */
    private long[] functions = new long[16];
    private long[] scopes = new long[16];
    /** The keys of the qualified names of declared types. */
    private final Map<Long, Long> declared = new HashMap<>();

    private UnitIndexer(Unit unit, Work work) {
        this.unit = unit;
        this.work = work;
        origins = unit.entries(work);
    }

    static Index index(Unit unit, Work work) {
        return new UnitIndexer(unit, work).run();
    }

    private Index run() {
        EntryReader entry = unit.entries(work);
        while (entry.next()) {
            int depth = Math.max(entry.depth(), 0);
            if (depth + 1 >= functions.length) {
                functions = Arrays.copyOf(functions, depth * 2);
                scopes = Arrays.copyOf(scopes, depth * 2);
            }
            if (depth == 0) {
                functions[0] = NO_FUNCTION;
                scopes[0] = Index.NO_NAME;
            }
            functions[depth + 1] = functions[depth];
            scopes[depth + 1] = scopes[depth];
            switch (entry.tag()) {
                case Dw.TAG_SUBPROGRAM -> function(entry, depth);
                case Dw.TAG_INLINED -> inlined(entry);
                case Dw.TAG_VARIABLE -> variable(entry, depth);
                case Dw.TAG_CALL_SITE, Dw.TAG_GNU_CALL_SITE -> callSite(entry, depth);
                case Dw.TAG_STRUCTURE, Dw.TAG_CLASS, Dw.TAG_UNION, Dw.TAG_TYPEDEF, Dw.TAG_ENUMERATION ->
                    type(entry, depth);
                case Dw.TAG_NAMESPACE ->
                    scopes[depth + 1] = entry.has(Dw.NAME) ? inside(qualified(entry, depth)) : scopes[depth];
                default -> {
                    // Blocks, parameters and expressions are not found by name.
                }
            }
        }
        return index;
    }

    private void function(EntryReader entry, int depth) {
        long reference = entry.reference();
        functions[depth + 1] = reference;
        List<AddressRange> ranges = Ranges.of(entry);
        if (ranges.isEmpty() && !entry.has(Dw.INLINE)) {
            return;
        }
        name(index.functions, Names.withoutPlace(entry), reference);
        if (!ranges.isEmpty()) {
            index.code.add(ranges, reference);
            put(index.bodies, Names.root(entry), reference);
        }
    }

    private void inlined(EntryReader entry) {
        if (entry.has(Dw.LOW_PC) || entry.has(Dw.RANGES)) {
            put(index.inlined, root(entry), entry.reference());
        }
    }

    /** As {@link Names#root}, but without a new reader for each entry. */
    private long root(EntryReader copy) {
        OptionalLong origin = copy.reference(Dw.ABSTRACT_ORIGIN);
        if (origin.isPresent() && unit.holds(origin.getAsLong())) {
            EntryReader other = origins.at(Space.offsetOf(origin.getAsLong()));
            return other.has(Dw.ABSTRACT_ORIGIN) ? Names.root(other) : origin.getAsLong();
        }
        return Names.root(copy);
    }

    private void callSite(EntryReader entry, int depth) {
        if (!entry.flag(Dw.CALL_TAIL_CALL) && !entry.flag(Dw.GNU_TAIL_CALL)) {
            return;
        }
        OptionalLong called = Functions.called(entry);
        if (called.isPresent()) {
            Names names = Names.withoutPlace(entry.other(called.getAsLong()));
            String name = names.linkageName().isEmpty() ? names.name() : names.linkageName();
            put(index.tailCalls, Index.key(name), entry.reference());
            put(index.tailCallsFrom, entry.reference(), functions[depth]);
        }
    }

    private void variable(EntryReader entry, int depth) {
        if (VariableLocations.of(entry).isPresent()) {
            name(index.variables, Names.withoutPlace(entry), entry.reference());
            if (functions[depth] != NO_FUNCTION) {
                put(index.variableFunctions, entry.reference(), functions[depth]);
            }
        } else if (functions[depth] == NO_FUNCTION || entry.flag(Dw.DECLARATION)) {
            name(index.placeless, Names.withoutPlace(entry), entry.reference());
        }
    }

    private void type(EntryReader entry, int depth) {
        // In a type unit the definition is outside the namespace of its declaration.
        OptionalLong declaration = entry.reference(Dw.SPECIFICATION);
        Long elsewhere = declaration.isPresent() ? declared.get(declaration.getAsLong()) : null;
        long qualified = elsewhere != null ? elsewhere : qualified(entry, depth);
        String name = entry.string(Dw.NAME).orElse("");
        boolean named = elsewhere != null || !name.isEmpty();
        scopes[depth + 1] = named ? inside(qualified) : qualified;
        if (named && entry.flag(Dw.DECLARATION)) {
            work.spend(Work.KEPT);
            declared.put(entry.reference(), qualified);
        }
        if (name.isEmpty() || entry.flag(Dw.DECLARATION)) {
            return;
        }
        put(index.types, Index.key(name), entry.reference());
        if (qualified != Index.key(name)) {
            put(index.types, qualified, entry.reference());
        }
    }

    /** The key of an entry's qualified name; the names themselves would take too much memory. */
    private long qualified(EntryReader entry, int depth) {
        return entry.string(Dw.NAME).map(name -> Index.key(scopes[depth], name)).orElse(scopes[depth]);
    }

    /** The key of the prefix of the names inside an entry. */
    private static long inside(long qualified) {
        return Index.key(qualified, "::");
    }

    private void put(LongMultimap map, long key, long value) {
        work.spend(Work.INDEXED);
        map.put(key, value);
    }

    private void name(LongMultimap map, Names names, long reference) {
        if (!names.name().isEmpty()) {
            put(map, Index.key(names.name()), reference);
        }
        if (!names.linkageName().isEmpty() && !names.linkageName().equals(names.name())) {
            put(map, Index.key(names.linkageName()), reference);
        }
    }
}
