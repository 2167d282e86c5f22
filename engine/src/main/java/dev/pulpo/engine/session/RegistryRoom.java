package dev.pulpo.engine.session;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.borrow.StubCalls;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;

/** Memory for the registry, mapped on a borrowed thread. */
record RegistryRoom(Session session, Registry registry, StubCalls calls) implements Registry.Room {
    @Override
    public RemoteAddress map(long bytes) {
        return calls.mapMemory(bytes);
    }

    /**
     * Unmaps nothing of the stub: the first registry is part of it. Unmaps nothing that {@link #map} cannot have
     * mapped.
     */
    @Override
    public void unmap(RemoteAddress address, long bytes) {
        if (!isOfStub(address)) {
            if (!isPlainMemory(address, bytes)) {
                session.message("the old registry, " + bytes + " bytes at " + address + ", is no memory of its own");
                return;
            }
            int error = calls.unmap(address, bytes);
            if (error != 0) {
                session.message("munmap of the old registry at " + address + ": " + Errno.name(error));
            }
        }
    }

    private boolean isPlainMemory(RemoteAddress address, long bytes) {
        RemoteAddress end = address.plus(bytes);
        return bytes > 0 && session.mapNow().mappings().stream()
                .filter(mapping -> mapping.start().compareTo(end) < 0 && address.compareTo(mapping.end()) < 0)
                .allMatch(mapping -> mapping.isWritable() && !mapping.isExecutable() && mapping.isAnonymous());
    }

    /** Whether an address is in a segment of the stub, its zero-initialised data included. */
    private boolean isOfStub(RemoteAddress address) {
        LoadedObject stub = session.image().containing(registry.stub().code().call())
                .orElseThrow(
                        () -> new TargetUnreadableException(session.pid(), "the stub has vanished from the process"));
        LinkAddress link = stub.toLink(address);
        return stub.elf().segments().stream()
                .anyMatch(segment -> segment.type().equals(SegmentType.LOAD) && segment.contains(link));
    }
}
