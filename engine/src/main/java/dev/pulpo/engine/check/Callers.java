package dev.pulpo.engine.check;

import dev.pulpo.engine.code.DirectCalls;
import dev.pulpo.x86.FunctionFlow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The direct callers of functions of one object. */
final class Callers {
    private static final int MOST_PREFIXES = 3;

    /**
     * A call of a function, or a jump to it.
     *
     * @param caller the function around it
     * @param site   address of the instruction
     */
    record Caller(FunctionFlow caller, long site) {}

    private final Routines routines;
    private final Map<Long, List<Caller>> known = new HashMap<>();

    Callers(Routines routines) {
        this.routines = routines;
    }

    /** Looks for the callers of several functions at once, since all code has to be looked at. */
    void prepare(Set<Long> entries) {
        Set<Long> fresh = new java.util.HashSet<>(entries);
        fresh.removeAll(known.keySet());
        if (!fresh.isEmpty()) {
            new DirectCalls(routines.index()).find(fresh)
                    .forEach((entry, sites) -> known.put(entry, callers(entry, sites)));
        }
    }

    List<Caller> of(long entry) {
        prepare(Set.of(entry));
        return known.getOrDefault(entry, List.of());
    }

    private List<Caller> callers(long entry, List<Long> sites) {
        List<Caller> callers = new ArrayList<>();
        for (long site : sites) {
            Optional<FunctionFlow> flow = routines.around(site);
            for (int prefixes = 0; flow.isPresent() && prefixes <= MOST_PREFIXES; prefixes++) {
                if (flow.get().leadsTo(site - prefixes, entry)) {
                    // A branch of a function to its own beginning is a loop.
                    if (flow.get().start() != entry || flow.get().isCall(site - prefixes)) {
                        callers.add(new Caller(flow.get(), site - prefixes));
                    }
                    break;
                }
            }
        }
        return callers;
    }
}
