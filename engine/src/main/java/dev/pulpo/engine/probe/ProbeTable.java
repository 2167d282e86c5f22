package dev.pulpo.engine.probe;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.ProbeCounts;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.x86.ProbeCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SortedMap;
import java.util.TreeMap;

/** What a probe has counted, read from the process while it runs. Its numbers are what the process says. */
public final class ProbeTable {
    private ProbeTable() {}

    /**
     * Reads the counters.
     *
     * @param counting whether it has the table by thread
     * @throws RefusedException where its patch is not in force
     */
    public static ProbeCounts read(Registry registry, TargetMemory memory, PatchId id, boolean counting) {
        if (!counting) {
            return new ProbeCounts(memory.readLong(place(registry, id, ProbeObject.ACTED)), new TreeMap<>(), 0);
        }
        MemorySegment table = MemorySegment.ofArray(memory.bytes(place(registry, id, ProbeObject.TABLE),
                ProbeObject.TABLE_ENTRIES * ProbeCode.COUNTER));
        SortedMap<Integer, Long> threads = new TreeMap<>();
        long total = 0;
        for (int i = 0; i < ProbeObject.TABLE_ENTRIES; i++) {
            int tid = table.get(ValueLayout.JAVA_INT_UNALIGNED, (long) i * ProbeCode.COUNTER);
            long count = table.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) i * ProbeCode.COUNTER + Long.BYTES);
            if (tid > 0) {
                threads.merge(tid, count, Long::sum);
                total += count;
            }
        }
        long rest = memory.readLong(place(registry, id, ProbeObject.REST));
        return new ProbeCounts(total + rest, threads, rest);
    }

    /**
     * Where something of a probe's object is in the process.
     *
     * @throws RefusedException where its patch is not in force
     */
    static RemoteAddress place(Registry registry, PatchId id, LinkAddress address) {
        return registry.active().stream().map(Registry.StoredRecord::patch)
                .filter(record -> record.id().equals(id)).findFirst()
                .map(patch -> new RemoteAddress(address.value() + patch.bias()))
                .orElseThrow(() -> new RefusedException(registry.pid(), new Refusal.NotApplied(id.shortForm())));
    }
}
