package dev.pulpo.engine.probe;

import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.ProbeTimes;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.x86.ProbeCode;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** How long calls took, read from the process while it runs. */
public final class Histograms {
    private static final int BUCKETS = ProbeCode.HISTOGRAM - ProbeCode.BUCKETS * Long.BYTES;

    private Histograms() {}

    /** Reads them, and adds them up. */
    public static ProbeTimes read(Registry registry, TargetMemory memory, PatchId id) {
        MemorySegment all = MemorySegment.ofArray(memory.bytes(ProbeTable.place(registry, id, ProbeObject.SEEN),
                ProbeObject.SHARDS * ProbeCode.HISTOGRAM));
        TickRate rate = TickRate.now();
        long sum = 0;
        long returned = 0;
        long[] counts = new long[ProbeCode.BUCKETS];
        for (int shard = 0; shard < ProbeObject.SHARDS; shard++) {
            long at = (long) shard * ProbeCode.HISTOGRAM;
            sum += all.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            for (int i = 0; i < counts.length; i++) {
                long count = all.get(ValueLayout.JAVA_LONG_UNALIGNED, at + BUCKETS + (long) i * Long.BYTES);
                counts[i] += count;
                returned += count;
            }
        }
        List<ProbeTimes.Bucket> buckets = new ArrayList<>();
        for (int i = 0; i < counts.length; i++) {
            if (counts[i] != 0) {
                buckets.add(new ProbeTimes.Bucket(rate.duration(ProbeCode.ticks(i)),
                        rate.duration(ProbeCode.ticks(i + 1)), counts[i]));
            }
        }
        long begun = ProbeTable.read(registry, memory, id, true).total();
        return new ProbeTimes(begun, returned, rate.duration(sum), buckets);
    }
}
