package dev.pulpo.engine.apply;

import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import java.util.Optional;

/**
 * A record that was written.
 *
 * @param registry where all entries are now; of what has been used of it, it knows what was before
 * @param entry    the record
 */
record Recorded(Registry registry, Registry.Entry entry) {
    /**
     * Writes it, behind all others. A registry that is full moves.
     *
     * @param registry as it is
     * @param deadline for the thread that is borrowed then
     */
    static Recorded append(Session session, Registry registry, PatchRecord record, long deadline) {
        Optional<Registry.Entry> appended = registry.append(session.memory(), record);
        if (appended.isPresent()) {
            return new Recorded(registry, appended.get());
        }
        session.borrowing(registry, deadline, calls -> {
            registry.moveAndAppend(session.memory(), record, new RoomForRecords(session, registry, calls));
            return true;
        });
        Registry moved = session.readRegistry();
        return new Recorded(moved, moved.entries().getLast());
    }
}
