package dev.pulpo.engine.apply;

import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.Ties;
import dev.pulpo.engine.trace.Access;
import dev.pulpo.ffm.TraceeMemory;
import java.util.List;

/**
 * What a process that another one names as a member of a transaction says of it itself. It is read without a lock, and stops
 * nothing.
 *
 * @param isMember   whether a record of its own is of that transaction, with the same processes
 * @param isMarked   whether it knows that the transaction stays
 * @param isHalfDone whether something has to be undone or completed there for that transaction
 */
record Testimony(boolean isMember, boolean isMarked, boolean isHalfDone) {
    /**
     * Asks a process.
     *
     * @param ties of a record of the process that names it
     * @throws TargetGoneException where it has ended
     */
    static Testimony of(Ties.Member member, Ties ties) {
        try (TraceeMemory memory = Access.openMemory(member.pid())) {
            ProcessImage image = ProcessImage.read(member.pid(), memory);
            if (image.startTime() != member.startTime()) {
                throw new TargetGoneException(member.pid(), "its id has been given to another process");
            }
            return image.stub().map(stub -> in(Registry.read(member.pid(), memory, stub), ties))
                    .orElse(new Testimony(false, false, false));
        }
    }

    /** What a registry says. */
    static Testimony in(Registry registry, Ties ties) {
        List<Ties> same = registry.entries().stream().map(entry -> entry.patch().ties()).filter(ties::isOfSameAs)
                .toList();
        boolean marked = same.stream().anyMatch(own -> own.mark() != Ties.Mark.OPEN);
        boolean halfDone = !same.isEmpty() && registry.halfDone().stream().map(Registry.Entry::patch)
                .map(PatchRecord::ties).anyMatch(own -> ties.isOfSameAs(own) || own.leaving() == ties.transaction());
        return new Testimony(!same.isEmpty(), marked, halfDone);
    }
}
