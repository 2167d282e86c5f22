package dev.pulpo.engine.recovery;

import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.TransactionLink;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.target.PtraceAccess;
import dev.pulpo.ffm.TraceeMemory;
import java.util.List;

/**
 * What a process says about a transaction of which another process names it a member. Read without a lock and without a
 * stop.
 *
 * @param isMember   whether one of its own records is of that transaction, with the same processes
 * @param isMarked   whether one of those records has a commit mark
 * @param isHalfDone whether recovery is needed there for that transaction
 */
record PeerTestimony(boolean isMember, boolean isMarked, boolean isHalfDone) {
    /**
     * Asks a process.
     *
     * @param link of a record of the process that names it
     * @throws TargetGoneException where it has ended
     */
    static PeerTestimony of(TransactionLink.Member member, TransactionLink link) {
        try (TraceeMemory memory = PtraceAccess.openMemory(member.pid())) {
            ProcessImage image = ProcessImage.read(member.pid(), memory);
            if (image.startTime() != member.startTime()) {
                throw new TargetGoneException(member.pid(), "its id has been given to another process");
            }
            return image.stub().map(stub -> in(Registry.read(member.pid(), memory, stub), link))
                    .orElse(new PeerTestimony(false, false, false));
        }
    }

    static PeerTestimony in(Registry registry, TransactionLink link) {
        List<TransactionLink> same = registry.records().stream().map(record -> record.patch().link())
                .filter(link::isOfSameAs)
                .toList();
        boolean marked = same.stream().anyMatch(own -> own.mark() != TransactionLink.Mark.OPEN);
        boolean halfDone = !same.isEmpty() && registry.halfDone().stream().map(Registry.StoredRecord::patch)
                .map(PatchRecord::link).anyMatch(own -> link.isOfSameAs(own) || own.removedBy() == link.transaction());
        return new PeerTestimony(!same.isEmpty(), marked, halfDone);
    }
}
