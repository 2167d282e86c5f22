package dev.pulpo.engine.code;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.LoadedCfi;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The tables to unwind the stacks of one process: {@link UnwindTables}, and proofs for code without call frame information.
 * A proof takes time, so only code that a stack has led to is tried, while the process runs. Not thread-safe; one thread at
 * a time uses a map that it returns.
 */
public final class StackTables {
    private final TargetMemory memory;
    private final Set<Long> unproven = new HashSet<>();
    private final Set<Long> places = new HashSet<>();
    private final MissedCode missed = new MissedCode();

    public StackTables(TargetMemory memory) {
        this.memory = memory;
    }

    /** The tables, if no file has to be parsed for them. */
    public Optional<CfiMap> ifKnown(ProcessImage image) {
        return UnwindTables.ifKnown(image, memory).map(map -> with(image, map));
    }

    public CfiMap of(ProcessImage image) {
        return with(image, UnwindTables.of(image, memory));
    }

    /**
     * Tries to prove the code that stacks have led to since. After a success the tables must be made again.
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

    /** Repeats the proofs: other code may have been loaded there since. */
    private CfiMap with(ProcessImage image, CfiMap map) {
        FrameProver prover = new FrameProver(image, memory);
        Map<Long, LoadedCfi> functions = new LinkedHashMap<>();
        for (long place : places) {
            prover.prove(new RemoteAddress(place)).ifPresent(function -> functions.put(function.start(), function));
        }
        return map.with(new FrameProofs(image, functions.values(), missed));
    }
}
