package dev.pulpo.engine.probe;

import dev.pulpo.elf.RawText;
import dev.pulpo.engine.ByteString;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.TracedCall;
import dev.pulpo.engine.TracedCalls;
import dev.pulpo.engine.ValueKind;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.x86.CallRecord;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * Reads the ring of a probe that traces, while threads of the process write to it. Each ticket is either read as it was
 * written, or counted as lost. Thread-safe.
 */
public final class CallRing {
    private final CallPlan plan;
    private long next;
    private long lost;
    /** Tickets that have been taken, and whose records are not there yet. */
    private final NavigableSet<Long> pending = new TreeSet<>();

    public CallRing(CallPlan plan) {
        this.plan = plan;
    }

    /** What is new since the last look. */
    public synchronized TracedCalls read(Registry registry, TargetMemory memory, PatchId id) {
        RemoteAddress slots = ProbeTable.place(registry, id, ProbeObject.SEEN);
        long head = memory.readLong(ProbeTable.place(registry, id, ProbeObject.HEAD));
        long oldest = Math.max(0, head - ProbeObject.SLOTS);
        lost = 0;
        if (head >= next) {
            lose(oldest);
            for (long ticket = next; ticket < head; ticket++) {
                pending.add(ticket);
            }
            next = head;
        }
        List<TracedCall> calls = pending.isEmpty() ? List.of() : collect(memory, slots);
        return new TracedCalls(calls, lost, ProbeTable.read(registry, memory, id, true).total(), next);
    }

    /** What was before a ticket is overwritten, or will be before it could be read. */
    private void lose(long oldest) {
        NavigableSet<Long> gone = pending.headSet(oldest, false);
        lost += gone.size();
        gone.clear();
        if (next < oldest) {
            lost += oldest - next;
            next = oldest;
        }
    }

    /**
     * Three looks. Where the state is the same before and after the second one, the second one saw the whole record: who writes
     * to a slot changes its state first, and no state comes twice.
     */
    private List<TracedCall> collect(TargetMemory memory, RemoteAddress slots) {
        long from = pending.first();
        int count = (int) (pending.last() - from + 1);
        MemorySegment before = slots(memory, slots, from, count);
        MemorySegment record = slots(memory, slots, from, count);
        MemorySegment after = slots(memory, slots, from, count);
        TickRate rate = TickRate.now();
        List<TracedCall> calls = new ArrayList<>();
        for (long ticket : List.copyOf(pending)) {
            long at = (ticket - from) * plan.calls().size();
            long written = 2 * ticket + 2;
            long now = after.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
            if (now == written && before.get(ValueLayout.JAVA_LONG_UNALIGNED, at) == written) {
                calls.add(call(ticket, record.asSlice(at, plan.calls().size()), rate));
                pending.remove(ticket);
            } else if (Long.compareUnsigned(now, written + 1) > 0) {
                lost++;
                pending.remove(ticket);
            }
        }
        return calls;
    }

    /** The slots of so many tickets, in their order. */
    private MemorySegment slots(TargetMemory memory, RemoteAddress slots, long from, int count) {
        int size = plan.calls().size();
        int first = (int) (from & ProbeObject.SLOTS - 1);
        int straight = Math.min(count, ProbeObject.SLOTS - first);
        byte[] bytes = Arrays.copyOf(memory.bytes(slots.plus((long) first * size), straight * size), count * size);
        if (straight < count) {
            byte[] rest = memory.bytes(slots, (count - straight) * size);
            System.arraycopy(rest, 0, bytes, straight * size, rest.length);
        }
        return MemorySegment.ofArray(bytes);
    }

    private TracedCall call(long ticket, MemorySegment slot, TickRate rate) {
        CallRecord calls = plan.calls();
        List<TracedCall.Value> arguments = IntStream.range(0, plan.kinds().size())
                .mapToObj(i -> value(plan.kinds().get(i), plan.names().get(i), slot, calls.argument(i), calls.text(i)))
                .toList();
        Optional<TracedCall.Value> result = plan.result().filter(kind -> kind != ValueKind.VOID)
                .map(kind -> value(kind, "", slot, CallRecord.RESULT, calls.resultText()));
        return new TracedCall(ticket, slot.get(ValueLayout.JAVA_INT_UNALIGNED, CallRecord.THREAD),
                rate.when(slot.get(ValueLayout.JAVA_LONG_UNALIGNED, CallRecord.STARTED)),
                calls.isComplete()
                        ? Optional.of(rate.duration(slot.get(ValueLayout.JAVA_LONG_UNALIGNED, CallRecord.LASTED)))
                        : Optional.empty(),
                arguments, result);
    }

    private static TracedCall.Value value(ValueKind kind, String name, MemorySegment slot, int at, int text) {
        return new TracedCall.Value(kind, name, slot.get(ValueLayout.JAVA_LONG_UNALIGNED, at),
                kind == ValueKind.STRING ? text(slot, text) : Optional.empty());
    }

    private static Optional<TracedCall.Text> text(MemorySegment slot, int at) {
        long length = slot.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        if (length <= 0 || length > CallRecord.TEXT) {
            return Optional.empty();
        }
        byte[] bytes = slot.asSlice(at + Long.BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        int end = RawText.lengthOfString(bytes);
        return Optional.of(new TracedCall.Text(ByteString.of(Arrays.copyOf(bytes, end)), end < bytes.length));
    }
}
