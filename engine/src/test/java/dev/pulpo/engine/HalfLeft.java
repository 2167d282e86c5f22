package dev.pulpo.engine;

import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink.Mark;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.target.PidNamespace;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Has processes look as if a tool had died over a transaction of several. */
final class HalfLeft {
    private HalfLeft() {}

    private static Registry registry(int pid, TraceeMemory memory) {
        return Registry.read(pid, memory, ProcessImage.read(pid, memory).stub().orElseThrow());
    }

    /** What was applied by one becomes this. */
    static void applying(int pid, State state, Mark mark) {
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            for (Registry.StoredRecord record : registry(pid, memory).active()) {
                Registry.setState(memory, record, state);
                Registry.setMark(memory, record, mark);
            }
        }
    }

    /** The different marks of what belongs to transactions of several processes. */
    static List<Mark> marks(int pid) {
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            return registry(pid, memory).records().stream().map(record -> record.patch().link())
                    .filter(TransactionLink::isOfSeveral).map(TransactionLink::mark).distinct().toList();
        }
    }

    /** States of all records that are not over. */
    static List<State> states(int pid) {
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            return registry(pid, memory).records().stream().map(record -> record.patch().state())
                    .filter(state -> state != State.UNLOADED).toList();
        }
    }

    /** A transaction that takes all patches back. */
    record Reverting(TransactionLink link) {
        /** Has a process look as if its code was changed, and the tool had died behind that. */
        void leave(int pid, Mark mark) {
            try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
                Registry before = registry(pid, memory);
                Registry.StoredRecord removal = before
                        .append(memory, PatchRecord.forRemoval(before.nextSequence(), link))
                        .orElseThrow();
                for (Registry.StoredRecord record : before.active()) {
                    Registry.setRemovedBy(memory, record, link.transaction());
                    Registry.setState(memory, record, State.REVERTING);
                    record.patch().functions().forEach(function -> {
                        try (Arena arena = Arena.ofConfined()) {
                            memory.write(function.site(),
                                    arena.allocateFrom(ValueLayout.JAVA_BYTE, function.original()));
                        }
                    });
                }
                Registry.setState(memory, removal, State.PENDING);
                Registry.setMark(memory, removal, mark);
            }
        }
    }

    /** One of these processes, which are named in this process's PID namespace. */
    static Reverting reverting(List<Integer> pids) {
        List<TransactionLink.Member> members = new ArrayList<>();
        pids.forEach(pid -> members.add(new TransactionLink.Member(pid, ProcFs.startTime(pid))));
        return new Reverting(
                TransactionLink.of(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE), PidNamespace.own(),
                        members));
    }
}
