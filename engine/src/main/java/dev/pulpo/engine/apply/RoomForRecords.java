package dev.pulpo.engine.apply;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.trace.StubCalls;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;

/** Memory for the registry, mapped on a borrowed thread. */
record RoomForRecords(Session session, Registry registry, StubCalls calls) implements Registry.Room {
    @Override
    public RemoteAddress map(long bytes) {
        return calls.mapMemory(bytes);
    }

    /** What the registry has first is part of the stub, and stays. */
    @Override
    public void unmap(RemoteAddress address, long bytes) {
        if (!isOfStub(address)) {
            int error = calls.unmap(address, bytes);
            if (error != 0) {
                session.message("munmap of the old registry at " + address + ": " + Errno.name(error));
            }
        }
    }

    /** Whether an address is in the memory of the stub's file, what is zero at first included. */
    private boolean isOfStub(RemoteAddress address) {
        LoadedObject stub = session.image().containing(registry.stub().call())
                .orElseThrow(
                        () -> new TargetUnreadableException(session.pid(), "the stub has vanished from the process"));
        LinkAddress place = stub.toLink(address);
        return stub.elf().segments().stream()
                .anyMatch(segment -> segment.type().equals(SegmentType.LOAD) && segment.contains(place));
    }
}
