package dev.pulpo.engine.trace;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.TargetUnreadableException;
import dev.pulpo.engine.image.LoadedObject;
import dev.pulpo.engine.image.ProcessImage;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCallException;
import dev.pulpo.ffm.TargetMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The stub's state in a process, as it was when it was read; see {@code pulpo_state.h}. The process can write whatever it
 * likes there. What is read is therefore checked: every address is one that a process can have, every size is within limits,
 * and no sum of the two wraps. What a thread is to run on is checked once more against what is mapped, by {@link #usableIn}.
 *
 * @param address  of {@code pulpo_state}
 * @param borrower thread that may still run on the stub's stack, as the process sees it; 0 for none
 */
public record StubState(RemoteAddress address, RemoteAddress call, RemoteAddress announced, RemoteAddress load,
        RemoteAddress unload, RemoteAddress syscall, RemoteAddress stack, long stackSize, RemoteAddress registry,
        long registrySize, long registryUsed, RemoteAddress ring, long ringSize, long ringWritten, long flags,
        int borrower, RemoteAddress tlsModule, RemoteAddress tlsDescriptor, RemoteAddress resolve) {
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Most bytes that all records together may take. */
    public static final int MOST_REGISTRY_BYTES = 16 << 20;
    /** A registry that moves has room for four times what it holds. */
    private static final long MOST_REGISTRY_ROOM = 4L * MOST_REGISTRY_BYTES;
    private static final int MOST_RING_BYTES = 1 << 20;
    /** A signal frame takes up to 16 KiB, the loader the rest. The stub has 96 KiB. */
    private static final long LEAST_STACK = 64 << 10;
    private static final long MOST_STACK = 16 << 20;

    /**
     * Reads the state.
     *
     * @throws TargetUnreadableException where it is not there, is of a version that this library does not know, or makes no
     *                                   sense. The ring is left aside: nothing depends on it, see {@link #hasRing}.
     */
    public static StubState read(int pid, TargetMemory memory, RemoteAddress address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(StubLayout.STATE_BYTES, 8);
            readInto(pid, memory, address, bytes);
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
            long borrower = bytes.get(LONG, StubLayout.BORROWER);
            if (borrower != (int) borrower || borrower < 0) {
                throw damaged(pid, address, "thread " + borrower + " runs on its stack");
            }
            StubState state = new StubState(address, pointer(bytes, StubLayout.CALL),
                    pointer(bytes, StubLayout.ANNOUNCED),
                    pointer(bytes, StubLayout.LOAD), pointer(bytes, StubLayout.UNLOAD),
                    pointer(bytes, StubLayout.SYSCALL), pointer(bytes, StubLayout.STACK),
                    bytes.get(LONG, StubLayout.STACK_SIZE), pointer(bytes, StubLayout.REGISTRY),
                    bytes.get(LONG, StubLayout.REGISTRY_SIZE), bytes.get(LONG, StubLayout.REGISTRY_USED),
                    pointer(bytes, StubLayout.RING), bytes.get(LONG, StubLayout.RING_SIZE),
                    bytes.get(LONG, StubLayout.RING_WRITTEN), bytes.get(LONG, StubLayout.FLAGS),
                    (int) borrower, pointer(bytes, StubLayout.TLS_MODULE),
                    pointer(bytes, StubLayout.TLS_DESCRIPTOR), pointer(bytes, StubLayout.RESOLVE));
            state.check(pid);
            return state;
        }
    }

    private static void readInto(int pid, TargetMemory memory, RemoteAddress address, MemorySegment bytes) {
        try {
            memory.read(address, bytes);
        } catch (SystemCallException unreadable) {
            if (unreadable.errno() == Errno.ESRCH) {
                throw unreadable;
            }
            throw new TargetUnreadableException(pid, "nothing can be read at " + address
                    + ", where an object of the process says that the state of the stub is", unreadable);
        }
    }

    private void check(int pid) {
        code().forEach((name, at) -> {
            if (!at.hasRoomFor(1)) {
                throw damaged(pid, address, "its function " + name + " is at " + at);
            }
        });
        if (stackSize < LEAST_STACK || stackSize > MOST_STACK || !stack.hasRoomFor(stackSize)
                || ((stack.value() | stackSize) & 15) != 0) {
            throw damaged(pid, address, "its stack is at " + stack + " and has " + bytes(stackSize));
        }
        boolean sizes = registrySize >= 0 && registrySize <= MOST_REGISTRY_ROOM && registryUsed >= 0
                && registryUsed <= Math.min(registrySize, MOST_REGISTRY_BYTES);
        // The state of a record is changed by one store of eight bytes.
        if (!sizes || !registry.hasRoomFor(registrySize) || (registry.value() & 7) != 0) {
            throw damaged(pid, address, "its registry is at " + registry + " and holds " + bytes(registryUsed) + " of "
                    + Long.toUnsignedString(registrySize));
        }
    }

    private static String bytes(long count) {
        return Long.toUnsignedString(count) + " bytes";
    }

    private static TargetUnreadableException damaged(int pid, RemoteAddress address, String claim) {
        return new TargetUnreadableException(pid, "the state of its stub, at " + address + ", says that " + claim
                + ", which makes no sense: something has written over it, and only a restart of the process helps");
    }

    /** What is called, by its names in {@code pulpo_state.h}. */
    private Map<String, RemoteAddress> code() {
        Map<String, RemoteAddress> code = new LinkedHashMap<>();
        code.put("call", call);
        code.put("announced", announced);
        code.put("load", load);
        code.put("unload", unload);
        code.put("syscall", syscall);
        code.put("tls_module", tlsModule);
        code.put("tls_descriptor", tlsDescriptor);
        code.put("resolve", resolve);
        return code;
    }

    /**
     * Checks that threads can be made to run on this: the code is code of the object that has the stub's state, and the stack
     * is that object's memory.
     *
     * @throws TargetUnreadableException where it is not, or the object has gone
     */
    public StubState usableIn(ProcessImage image) {
        LoadedObject stub = image.objects().stream()
                .filter(object -> object.exported(StubLayout.SYMBOL).filter(address::equals).isPresent()).findFirst()
                .orElseThrow(() -> new TargetUnreadableException(image.pid(),
                        "the stub has vanished from the process"));
        code().forEach((name, at) -> {
            if (stub.mappings().stream().noneMatch(mapping -> mapping.isExecutable() && mapping.contains(at))) {
                throw damaged(image.pid(), address, "its function " + name + " is at " + at + ", where " + stub.path()
                        + " has no code");
            }
        });
        LinkAddress first = stub.toLink(stack);
        LinkAddress last = first.plus(stackSize - 1);
        if (stub.elf().segments().stream().noneMatch(segment -> segment.type().equals(SegmentType.LOAD)
                && segment.contains(first) && segment.contains(last))) {
            throw damaged(image.pid(), address, "its stack is at " + stack + " and has " + bytes(stackSize) + ", where "
                    + stub.path() + " has no memory");
        }
        return this;
    }

    /** Whether there can be a log where the state says that it is. */
    public boolean hasRing() {
        return ringSize > 0 && ringSize <= MOST_RING_BYTES && ring.hasRoomFor(ringSize);
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
