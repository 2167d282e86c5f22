package dev.pulpo.engine;

import dev.pulpo.engine.image.PidNamespace;
import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.PatchRecord.State;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.engine.registry.Ties.Mark;
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
            for (Registry.Entry entry : registry(pid, memory).active()) {
                Registry.setState(memory, entry, state);
                Registry.setMark(memory, entry, mark);
            }
        }
    }

    /** The different marks of what belongs to transactions of several processes. */
    static List<Mark> marks(int pid) {
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            return registry(pid, memory).entries().stream().map(entry -> entry.patch().ties())
                    .filter(Ties::isOfSeveral).map(Ties::mark).distinct().toList();
        }
    }

    /** States of all records that are not over. */
    static List<State> states(int pid) {
        try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
            return registry(pid, memory).entries().stream().map(entry -> entry.patch().state())
                    .filter(state -> state != State.UNLOADED).toList();
        }
    }

    /** A transaction that takes all patches back. */
    record Reverting(Ties ties) {
        /** Has a process look as if its code was changed, and the tool had died behind that. */
        void leave(int pid, Mark mark) {
            try (TraceeMemory memory = TraceeMemory.open(pid, pid)) {
                Registry before = registry(pid, memory);
                Registry.Entry record = before.append(memory, PatchRecord.departure(before.nextSequence(), ties))
                        .orElseThrow();
                for (Registry.Entry entry : before.active()) {
                    Registry.setLeaving(memory, entry, ties.transaction());
                    Registry.setState(memory, entry, State.REVERTING);
                    entry.patch().functions().forEach(function -> {
                        try (Arena arena = Arena.ofConfined()) {
                            memory.write(function.site(),
                                    arena.allocateFrom(ValueLayout.JAVA_BYTE, function.original()));
                        }
                    });
                }
                Registry.setState(memory, record, State.PENDING);
                Registry.setMark(memory, record, mark);
            }
        }
    }

    /** One of these processes, which are named in this process's PID namespace. */
    static Reverting reverting(List<Integer> pids) {
        List<Ties.Member> members = new ArrayList<>();
        pids.forEach(pid -> members.add(new Ties.Member(pid, ProcFs.startTime(pid))));
        return new Reverting(Ties.of(ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE), PidNamespace.own(),
                members));
    }
}
