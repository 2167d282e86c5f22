package dev.pulpo.engine.session;

import dev.pulpo.engine.Retention;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.ffm.RemoteAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The live view of the records in the target. The session's lock excludes other writers. A record is found by its
 * number, wherever the registry has moved. Not thread-safe.
 */
public final class PatchLedger {
    private final Session session;
    /** Addresses of the records by number. Only a move of the registry changes them. */
    private final Map<Long, RemoteAddress> places = new HashMap<>();
    private Optional<Registry> registry = Optional.empty();

    PatchLedger(Session session) {
        this.session = session;
    }

    /**
     * The records as this session has left them.
     *
     * @throws TargetUnreadableException where the process has lost its stub, or the registry is damaged
     */
    public Registry now() {
        return registry.orElseGet(this::read);
    }

    /** Reads the records from the process. */
    public Registry read() {
        Registry found = Registry.readLocked(session.pid(), session.memory(), session.stub());
        places.clear();
        found.records().forEach(record -> places.putIfAbsent(record.number(), record.address()));
        registry = Optional.of(found);
        return found;
    }

    /** To be called after a stop has changed states of records. */
    public void changed() {
        registry = Optional.empty();
    }

    /**
     * The records with these numbers.
     *
     * @throws TargetUnreadableException where one is missing
     */
    public List<Registry.StoredRecord> records(List<Long> numbers) {
        return numbers.stream().map(number -> now().numbered(number).orElseThrow(() -> missing(number))).toList();
    }

    /**
     * Appends a record. A full registry moves, for which a thread is borrowed.
     *
     * @return the number of the record
     */
    public long append(PatchRecord record) {
        if (now().append(session.memory(), record).isEmpty()) {
            session.borrowing(calls -> {
                // A callback that an earlier tool began may have ended until now, and has noted that.
                Registry full = read();
                full.moveAndAppend(session.memory(), record, new RegistryRoom(session, full, calls));
                return true;
            });
            places.clear();
        }
        changed();
        return record.sequence();
    }

    public void setState(Registry.StoredRecord record, PatchRecord.State state) {
        Registry.setState(session.memory(), current(record), state);
        changed();
    }

    public void setMark(Registry.StoredRecord record, TransactionLink.Mark mark) {
        Registry.setMark(session.memory(), current(record), mark);
        changed();
    }

    /** Notes how far the callbacks of a patch are. To be called while a thread is borrowed. */
    public void setProgress(Registry.StoredRecord record, long progress) {
        Registry.setProgress(session.memory(), current(record), progress);
        changed();
    }

    /** Notes how long a patch stays loaded once it is out of force. */
    public void setRetention(Registry.StoredRecord record, Retention retention) {
        Registry.setRetention(session.memory(), current(record), retention);
        changed();
    }

    /** Notes which transaction is to remove a patch. */
    public void setRemovedBy(Registry.StoredRecord record, long transaction) {
        Registry.setRemovedBy(session.memory(), current(record), transaction);
        changed();
    }

    /** The record at its present address. */
    private Registry.StoredRecord current(Registry.StoredRecord record) {
        if (!places.containsKey(record.number())) {
            read();
        }
        RemoteAddress place = Optional.ofNullable(places.get(record.number()))
                .orElseThrow(() -> missing(record.number()));
        return new Registry.StoredRecord(place, record.patch());
    }

    private TargetUnreadableException missing(long number) {
        return new TargetUnreadableException(session.pid(),
                "the registry of its stub no longer holds record " + number + ", which this tool has found or written");
    }
}
