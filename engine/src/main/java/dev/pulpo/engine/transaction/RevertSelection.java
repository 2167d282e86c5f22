package dev.pulpo.engine.transaction;

import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.Phase;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.plan.PatchRelations;
import dev.pulpo.engine.recovery.Recovery;
import dev.pulpo.engine.recovery.StalePatches;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.Tracee;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Selects the patches of a process to revert. */
public final class RevertSelection {
    private RevertSelection() {}

    /** The requested patches, oldest first. */
    @FunctionalInterface
    public interface Choice {
        List<Registry.StoredRecord> of(Registry registry, ProcessImage image);
    }

    /**
     * Recovers the process, and selects the patches.
     *
     * @return oldest first; empty where none of them is in force
     * @throws RefusedException where they must stay
     */
    @SuppressWarnings("try") // the phase is there to be closed
    public static List<Registry.StoredRecord> of(Session session, Choice choice, Consistency consistency) {
        if (session.image().stub().isEmpty()) {
            return List.of();
        }
        try (Tracee.Span checking = session.phase(Phase.CHECK)) {
            return chosen(session, choice, consistency);
        }
    }

    private static List<Registry.StoredRecord> chosen(Session session, Choice choice, Consistency consistency) {
        Recovery.run(session, consistency.maxPause());
        if (session.ledger().now().transition().isPresent()) {
            StalePatches.retire(session, session.ledger().now().active());
        }
        session.ledger().now().transition().ifPresent(other -> {
            throw new RefusedException(session.pid(), new Refusal.InTransition(other.patch().id()));
        });
        List<Registry.StoredRecord> records = choice.of(session.ledger().now(), session.image());
        if (records.isEmpty()) {
            return records;
        }
        StalePatches.retire(session, records);
        List<Refusal> refusals = PatchRelations.against(session.ledger().now(), records);
        if (!refusals.isEmpty()) {
            throw new RefusedException(session.pid(), refusals);
        }
        return records;
    }

    /** All patches with these ids that are in force. */
    public static Choice all(List<PatchId> ids) {
        return (registry, image) -> ids.stream().distinct().flatMap(id -> newest(registry, id).stream())
                .sorted(Comparator.comparingLong(record -> record.patch().sequence())).toList();
    }

    /** The newest patch with this id. */
    public static Optional<Registry.StoredRecord> newest(Registry registry, PatchId id) {
        return registry.active().reversed().stream().filter(candidate -> candidate.patch().id().equals(id)).findFirst();
    }
}
