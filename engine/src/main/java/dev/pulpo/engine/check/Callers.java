package dev.pulpo.engine.check;

import dev.pulpo.engine.code.DirectCalls;
import dev.pulpo.x86.FunctionFlow;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
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
    /** What may be branches to functions, until somebody asks whether they are. */
    private final Map<Long, List<Long>> sites = new HashMap<>();
    private final Map<Long, List<Caller>> known = new HashMap<>();

    Callers(Routines routines) {
        this.routines = routines;
    }

    /** Searches for the callers of several functions at once: each search goes through all code of the object. */
    void prepare(Set<Long> entries) {
        Set<Long> fresh = new HashSet<>(entries);
        fresh.removeAll(sites.keySet());
        if (!fresh.isEmpty()) {
            sites.putAll(new DirectCalls(routines.index()).find(fresh));
        }
    }

    List<Caller> of(long entry) {
        List<Caller> found = known.get(entry);
        if (found == null) {
            prepare(Set.of(entry));
            found = callers(entry, sites.getOrDefault(entry, List.of()));
            known.put(entry, found);
        }
        return found;
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
