package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.LoadedCfi;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.image.UnwindTables;
import dev.pulpo.engine.plan.FrameProver;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What the stacks of one process are followed with: {@link UnwindTables}, and what was proven of code that those say nothing
 * of. A proof takes time, so only code is looked at that some stack has led to; and it is looked at while the process runs.
 * Not thread-safe; the maps it hands out are used by one thread at a time.
 */
public final class StackTables {
    private final TraceeMemory memory;
    private final Set<Long> unproven = new HashSet<>();
    private final Set<Long> places = new HashSet<>();
    private final MissedCode missed = new MissedCode();

    public StackTables(TraceeMemory memory) {
        this.memory = memory;
    }

    /** The tables, where nothing has to be parsed for them. */
    public Optional<CfiMap> ifKnown(ProcessImage image) {
        return UnwindTables.ifKnown(image, memory).map(map -> with(image, map));
    }

    /** The tables. */
    public CfiMap of(ProcessImage image) {
        return with(image, UnwindTables.of(image, memory));
    }

    /**
     * Tries to prove what stacks have led to since, that nothing was known of. The tables have to be made anew then.
     *
     * @return whether anything was proven
     */
    public boolean learn(ProcessImage image) {
        FrameProver prover = new FrameProver(image, memory);
        boolean learnt = false;
        for (long place : missed.take()) {
            if (!unproven.contains(place) && places.add(place)) {
                if (prover.prove(new RemoteAddress(place)).isPresent()) {
                    learnt = true;
                } else {
                    places.remove(place);
                    unproven.add(place);
                }
            }
        }
        return learnt;
    }

    /** What was proven is proven again: something else may have been loaded there since. */
    private CfiMap with(ProcessImage image, CfiMap map) {
        FrameProver prover = new FrameProver(image, memory);
        Map<Long, LoadedCfi> functions = new LinkedHashMap<>();
        for (long place : places) {
            prover.prove(new RemoteAddress(place)).ifPresent(function -> functions.put(function.start(), function));
        }
        return map.with(new FrameProofs(image, functions.values(), missed));
    }
}
