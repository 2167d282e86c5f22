package dev.pulpo.engine.load;

import java.nio.ByteOrder;
import java.nio.ByteBuffer;
import dev.pulpo.elf.LinkAddress;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.registry.PatchRecord;
import dev.pulpo.engine.registry.Declared;
import dev.pulpo.engine.plan.Declarations;
import dev.pulpo.engine.PlannedReference;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.session.Session;
import dev.pulpo.ffm.RemoteAddress;
import java.util.List;

/** Writes the addresses of the target's variables into a loaded patch that does not run yet. */
final class ReferenceWriter {
    private static final int OFFSET_BITS = Long.numberOfTrailingZeros(PlannedReference.TlsDescriptor.OFFSETS);

    private final Session session;

    ReferenceWriter(Session session) {
        this.session = session;
    }

    /** @param bias from the patch's link addresses to remote ones */
    void write(List<PlannedReference> references, long bias) {
        if (references.isEmpty()) {
            return;
        }
        long module = 0;
        for (PlannedReference reference : references) {
            RemoteAddress place = new RemoteAddress(reference.place().value() + bias);
            switch (reference) {
                case PlannedReference.Variable variable ->
                    session.memory().writeLongs(place, variable.address().value());
                case PlannedReference.TlsVariable local -> {
                    // All are of one object: the patch's target.
                    module = module == 0 ? module(local.variable(), local.targetBias()) : module;
                    session.memory().writeLongs(place, module, local.offset());
                }
                case PlannedReference.TlsDescriptor local -> {
                    module = module == 0 ? module(local.variable(), local.targetBias()) : module;
                    session.memory().writeLongs(place, session.ledger().now().stub().code().tlsDescriptor().value(),
                            descriptor(local, module));
                }
            }
        }
    }

    /**
     * Writes what declarations of the patch receive: where the functions for shadow variables are, and which versions of
     * its states the process has.
     */
    void write(Declarations declarations, long bias) {
        Registry registry = session.ledger().now();
        for (LinkAddress slot : declarations.runtime()) {
            session.memory().writeLongs(new RemoteAddress(slot.value() + bias), registry.stub().runtime().value());
        }
        for (Declarations.State state : declarations.states()) {
            int before = registry.records().stream().map(Registry.StoredRecord::patch)
                    .filter(patch -> patch.state() == PatchRecord.State.ACTIVE || patch.state().isHalfDone())
                    .flatMap(patch -> patch.declared().states().stream())
                    .filter(other -> other.id() == state.state().id()).map(Declared.State::version)
                    .max(Integer::compareUnsigned).orElse(0);
            session.memory().write(new RemoteAddress(state.slot().value() + bias), ByteBuffer.allocate(Integer.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN).putInt(before).array());
        }
    }

    /** The second word of the TLS descriptor, as the stub reads it. */
    private long descriptor(PlannedReference.TlsDescriptor local, long module) {
        if (module >= 1L << Long.SIZE - OFFSET_BITS) {
            throw new RefusedException(session.pid(), new Refusal.BadReference(local.variable(),
                    "its object has the number " + module + ", for which a TLS descriptor has no room"));
        }
        return module << OFFSET_BITS | local.offset();
    }

    private long module(String variable, long bias) {
        long module = session.borrowing(calls -> calls.tlsModule(bias));
        if (module == 0) {
            throw new RefusedException(session.pid(), new Refusal.BadReference(variable,
                    "the loader has given its object no thread-local storage"));
        }
        return module;
    }
}
