package dev.pulpo.engine.reach;

import dev.pulpo.engine.HeldWord;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.session.TrampolineMemory;
import dev.pulpo.ffm.RemoteAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/** Unloads patches that are out of force, as far as nothing could lead into them. */
public final class Unloading {
    /** Old words on stacks and in registers go when a thread goes on. */
    private static final int TRIES = 4;
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(5);

    private final Session session;
    private final Optional<Duration> maxPause;
    private final long until;

    /**
     * @param maxPause the longest stop of the process; empty for a default
     * @param until    after which no further patch is unloaded, on the scale of {@link System#nanoTime}
     */
    public Unloading(Session session, Optional<Duration> maxPause, long until) {
        this.session = session;
        this.maxPause = maxPause;
        this.until = until;
    }

    /** Looks, and unloads. What keeps a patch loaded becomes known to the session, and a line in the message log. */
    public void run(List<Registry.StoredRecord> records) {
        List<Registry.StoredRecord> free = records.stream().filter(this::mayBeLoaded).toList();
        for (int tries = 1; !free.isEmpty(); tries++) {
            List<HeldWord> held = Reachability.into(session, free, maxPause);
            if (held.isEmpty()) {
                unload(free);
                return;
            }
            boolean again = tries < TRIES && System.nanoTime() - until < 0
                    && held.stream().allMatch(HeldWord::isPassing);
            if (again) {
                LockSupport.parkNanos(tries * PAUSE_NANOS);
            } else {
                keep(held);
                Set<PatchId> kept = held.stream().map(HeldWord::patch).collect(Collectors.toSet());
                // What stays loaded may lead into the others.
                free = free.stream().filter(record -> !kept.contains(record.patch().id())).toList();
            }
        }
    }

    /** A forged record is not believed, and its memory not searched for. */
    private boolean mayBeLoaded(Registry.StoredRecord record) {
        String objection = TrampolineMemory.objection(session, record.patch());
        if (!objection.isEmpty()) {
            session.message("patch " + record.patch().id().shortForm() + " is not unloaded: " + objection);
            // The loader may give out the handle again, for another patch.
            session.ledger().setState(record, PatchRecord.State.UNLOADED);
        }
        return objection.isEmpty();
    }

    private void keep(List<HeldWord> held) {
        session.hold(held);
        held.stream().collect(Collectors.groupingBy(HeldWord::patch)).forEach((patch, words) -> session
                .message("patch " + patch.shortForm() + " stays loaded: " + HeldWord.text(words)));
    }

    private void unload(List<Registry.StoredRecord> records) {
        List<HeldWord> held = session.borrowing(until, calls -> {
            List<HeldWord> handlers = new ArrayList<>();
            for (Registry.StoredRecord record : records) {
                List<HeldWord> own = handlers(calls, record);
                handlers.addAll(own);
                String error = own.isEmpty() ? TrampolineMemory.unload(session, calls, record) : "";
                if (!error.isEmpty()) {
                    session.message("patch " + record.patch().id().shortForm() + " stays loaded: " + error);
                }
            }
            return handlers;
        });
        keep(held);
    }

    /** Handlers of signals in the patch: the kernel alone may know them. */
    private List<HeldWord> handlers(StubCalls calls, Registry.StoredRecord record) {
        PatchMemory memory = PatchMemory.of(record, session.image());
        List<HeldWord> found = new ArrayList<>();
        calls.handlers().forEach((signal, handler) -> {
            if (handler.isNull() || memory.contains(handler.value())) {
                found.add(new HeldWord(record.patch().id(), "the handler of " + signal, RemoteAddress.NULL, handler));
            }
        });
        return found;
    }
}
