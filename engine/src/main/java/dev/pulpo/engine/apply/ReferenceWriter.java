package dev.pulpo.engine.apply;

import dev.pulpo.engine.PlannedReference;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Tells a patch that has been loaded, and does not run yet, where the target's variables are. */
final class ReferenceWriter {
    private static final int OFFSET_BITS = Long.numberOfTrailingZeros(PlannedReference.TlsDescriptor.OFFSETS);

    private final Session session;
    private final Registry registry;
    private final long deadline;

    ReferenceWriter(Session session, Registry registry, long deadline) {
        this.session = session;
        this.registry = registry;
        this.deadline = deadline;
    }

    /** @param bias what was added to the patch's link addresses */
    void write(List<PlannedReference> references, long bias) {
        if (references.isEmpty()) {
            return;
        }
        long module = 0;
        for (PlannedReference reference : references) {
            RemoteAddress place = new RemoteAddress(reference.place().value() + bias);
            switch (reference) {
                case PlannedReference.Variable variable -> write(place, variable.address().value());
                case PlannedReference.TlsVariable local -> {
                    // All are of one object: that which the patch is for.
                    module = module == 0 ? module(local.variable(), local.targetBias()) : module;
                    write(place, module, local.offset());
                }
                case PlannedReference.TlsDescriptor local -> {
                    module = module == 0 ? module(local.variable(), local.targetBias()) : module;
                    write(place, registry.stub().tlsDescriptor().value(), descriptor(local, module));
                }
            }
        }
    }

    /** The second word, as the stub reads it. */
    private long descriptor(PlannedReference.TlsDescriptor local, long module) {
        if (module >= 1L << Long.SIZE - OFFSET_BITS) {
            throw new RefusedException(session.pid(), new Refusal.BadReference(local.variable(),
                    "its object has the number " + module + ", for which a TLS descriptor has no room"));
        }
        return module << OFFSET_BITS | local.offset();
    }

    private long module(String variable, long bias) {
        long module = session.borrowing(registry, deadline, calls -> calls.tlsModule(bias));
        if (module == 0) {
            throw new RefusedException(session.pid(), new Refusal.BadReference(variable,
                    "the loader has given its object no thread-local storage"));
        }
        return module;
    }

    /** As many words, one behind the other. */
    private void write(RemoteAddress place, long... words) {
        TraceeMemory memory = session.memory();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocateFrom(ValueLayout.JAVA_LONG, words);
            memory.write(place, bytes);
        }
    }
}
