package dev.pulpo.engine.trace;

import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The stub's state in a process, as it was when it was read; see {@code pulpo_state.h}.
 *
 * @param address  of {@code pulpo_state}
 * @param borrower thread that may still run on the stub's stack, as the process sees it; 0 for none
 */
public record StubState(RemoteAddress address, RemoteAddress call, RemoteAddress announced, RemoteAddress load,
        RemoteAddress unload, RemoteAddress syscall, RemoteAddress stack, long stackSize, RemoteAddress registry,
        long registrySize, long registryUsed, RemoteAddress ring, long ringSize, long ringWritten, long flags,
        int borrower, RemoteAddress tlsModule, RemoteAddress tlsDescriptor, RemoteAddress resolve) {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /**
     * Reads the state.
     *
     * @throws TargetUnreadableException where it is not there or of a version that this library does not know
     */
    public static StubState read(int pid, TraceeMemory memory, RemoteAddress address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(StubLayout.STATE_BYTES, 8);
            memory.read(address, bytes);
            String magic = StandardCharsets.ISO_8859_1.decode(bytes.asSlice(0, 8).asByteBuffer()).toString();
            int version = bytes.get(ValueLayout.JAVA_INT, StubLayout.VERSION);
            int size = bytes.get(ValueLayout.JAVA_INT, StubLayout.SIZE);
            if (!magic.equals(StubLayout.MAGIC) || version != StubLayout.CURRENT_VERSION
                    || size != StubLayout.STATE_BYTES) {
                throw new TargetUnreadableException(pid,
                        "the stub at " + address + " has version " + version + " and " + size
                                + " bytes of state; this library knows version " + StubLayout.CURRENT_VERSION + " with "
                                + StubLayout.STATE_BYTES + ": use the Pulpo that loaded it");
            }
            return new StubState(address, pointer(bytes, StubLayout.CALL), pointer(bytes, StubLayout.ANNOUNCED),
                    pointer(bytes, StubLayout.LOAD), pointer(bytes, StubLayout.UNLOAD),
                    pointer(bytes, StubLayout.SYSCALL), pointer(bytes, StubLayout.STACK),
                    bytes.get(LONG, StubLayout.STACK_SIZE), pointer(bytes, StubLayout.REGISTRY),
                    bytes.get(LONG, StubLayout.REGISTRY_SIZE), bytes.get(LONG, StubLayout.REGISTRY_USED),
                    pointer(bytes, StubLayout.RING), bytes.get(LONG, StubLayout.RING_SIZE),
                    bytes.get(LONG, StubLayout.RING_WRITTEN), bytes.get(LONG, StubLayout.FLAGS),
                    (int) bytes.get(LONG, StubLayout.BORROWER), pointer(bytes, StubLayout.TLS_MODULE),
                    pointer(bytes, StubLayout.TLS_DESCRIPTOR), pointer(bytes, StubLayout.RESOLVE));
        }
    }

    private static RemoteAddress pointer(MemorySegment bytes, long offset) {
        return new RemoteAddress(bytes.get(LONG, offset));
    }

    /** Where the fields are that change. */
    public RemoteAddress field(int offset) {
        return address.plus(offset);
    }

    /** Where borrowed calls run with this stub. */
    CallSite callSite() {
        return new CallSite(call, announced, stack.plus(stackSize), stackSize, field(StubLayout.RESULT),
                field(StubLayout.BORROWER));
    }

    /** Whether the owner of the process does not want it to be patched. */
    public boolean isDisabled() {
        return (flags & StubLayout.DISABLED) != 0;
    }
}
