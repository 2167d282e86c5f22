package dev.pulpo.engine.code;

import dev.pulpo.elf.cfi.LoadedCfi;
import dev.pulpo.elf.cfi.ProvenFrames;
import dev.pulpo.elf.cfi.StackMemory;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.x86.CallSites;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Functions without call frame information whose frames were proven. For one thread at a time. Allocates nothing in a stop.
 */
final class FrameProofs implements ProvenFrames {
    private final LoadedCfi[] functions;
    private final long[] stackStarts;
    private final long[] stackEnds;
    private final CallSites calls = new CallSites();
    private final long[] word = new long[1];
    private final MissedCode missed;

    /**
     * @param image     its writable mappings are possible stacks
     * @param functions the proven ones
     * @param missed    receives addresses without a proof
     */
    FrameProofs(ProcessImage image, Collection<LoadedCfi> functions, MissedCode missed) {
        this.missed = missed;
        this.functions = functions.stream().sorted(Comparator.comparing(LoadedCfi::start, Long::compareUnsigned))
                .toArray(LoadedCfi[]::new);
        List<Mapping> writable = image.map().mappings().stream().filter(Mapping::isWritable).toList();
        stackStarts = writable.stream().mapToLong(mapping -> mapping.start().value()).toArray();
        stackEnds = writable.stream().mapToLong(mapping -> mapping.end().value()).toArray();
    }

    @Override
    public LoadedCfi find(long address) {
        for (LoadedCfi function : functions) {
            if (Long.compareUnsigned(address, function.start()) >= 0
                    && Long.compareUnsigned(address, function.end()) < 0) {
                return function;
            }
        }
        missed.add(address);
        return NOTHING;
    }

    /** The frame is above the stack pointer and in the same mapping, and a call instruction precedes the return address. */
    @Override
    public boolean fits(long stackPointer, long frameAddress, long returnAddress, StackMemory memory) {
        return Long.compareUnsigned(frameAddress - Long.BYTES, stackPointer) >= 0
                && isOneStack(stackPointer, frameAddress)
                && memory.read(returnAddress - CallSites.BYTES, CallSites.BYTES, word, 0)
                && calls.isBehindCall(word[0]);
    }

    private boolean isOneStack(long stackPointer, long frameAddress) {
        int at = Arrays.binarySearch(stackStarts, stackPointer);
        int index = at >= 0 ? at : -at - 2;
        return index >= 0 && Long.compareUnsigned(stackPointer, stackEnds[index]) < 0
                && Long.compareUnsigned(frameAddress, stackEnds[index]) <= 0;
    }
}
