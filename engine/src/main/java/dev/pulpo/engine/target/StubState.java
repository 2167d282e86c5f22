package dev.pulpo.engine.target;

import dev.pulpo.elf.LinkAddress;
import dev.pulpo.elf.SegmentType;
import dev.pulpo.engine.TargetDamagedException;
import dev.pulpo.engine.TargetUnreadableException;
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
 * The stub's state in a process, as read at one moment; see {@code pulpo_state.h}. The process can write anything there, so
 * it is checked: every address is possible for a process, every size is within limits, and no sum of the two overflows.
 * {@link #usableIn} compares code and stack with the mappings, before a thread runs there.
 *
 * @param address   remote, of {@code pulpo_state}
 * @param runtime   remote, of the functions that patches call
 * @param shadowIds remote, of the counts of shadow variables
 */
public record StubState(RemoteAddress address, Code code, Stack stack, RecordArea registry, Ring ring, long flags,
        RemoteAddress runtime, RemoteAddress shadowIds) {
    /** The functions for borrowed threads, by their names in {@code pulpo_state.h}; remote addresses. */
    public record Code(RemoteAddress call, RemoteAddress announced, RemoteAddress load, RemoteAddress unload,
            RemoteAddress syscall, RemoteAddress tlsModule, RemoteAddress tlsDescriptor, RemoteAddress resolve,
            RemoteAddress callback, RemoteAddress drop) {
        private static Code of(MemorySegment bytes) {
            return new Code(pointer(bytes, StubLayout.CALL), pointer(bytes, StubLayout.ANNOUNCED),
                    pointer(bytes, StubLayout.LOAD), pointer(bytes, StubLayout.UNLOAD),
                    pointer(bytes, StubLayout.SYSCALL), pointer(bytes, StubLayout.TLS_MODULE),
                    pointer(bytes, StubLayout.TLS_DESCRIPTOR), pointer(bytes, StubLayout.RESOLVE),
                    pointer(bytes, StubLayout.CALLBACK), pointer(bytes, StubLayout.DROP));
        }

        private Map<String, RemoteAddress> byName() {
            Map<String, RemoteAddress> code = new LinkedHashMap<>();
            code.put("call", call);
            code.put("announced", announced);
            code.put("load", load);
            code.put("unload", unload);
            code.put("syscall", syscall);
            code.put("tls_module", tlsModule);
            code.put("tls_descriptor", tlsDescriptor);
            code.put("resolve", resolve);
            code.put("callback", callback);
            code.put("drop", drop);
            return code;
        }
    }

    /**
     * The stack of borrowed threads.
     *
     * @param borrower thread that may still run there, as the process sees it; 0 for none
     */
    public record Stack(RemoteAddress start, long size, int borrower) {
        private boolean isSound() {
            return size >= LEAST_STACK && size <= MOST_STACK && start.hasRoomFor(size)
                    && ((start.value() | size) & 15) == 0;
        }

        @Override
        public String toString() {
            return "its stack is at " + start + " and has " + bytes(size);
        }
    }

    /** The memory of the records, and how many bytes of it they take. */
    public record RecordArea(RemoteAddress start, long size, long used) {
        private boolean isSound() {
            boolean sizes = size >= 0 && size <= MOST_REGISTRY_ROOM && used >= 0
                    && used <= Math.min(size, MOST_REGISTRY_BYTES);
            // One store of eight bytes changes the state of a record.
            return sizes && start.hasRoomFor(size) && (start.value() & 7) == 0;
        }

        @Override
        public String toString() {
            return "its registry is at " + start + " and holds " + bytes(used) + " of " + Long.toUnsignedString(size);
        }
    }

    /** The message log, and how many bytes were ever written to it. The only part that is not checked. */
    public record Ring(RemoteAddress start, long size, long written) {
        /** Whether its address and size are possible. */
        public boolean exists() {
            return size > 0 && size <= MOST_RING_BYTES && start.hasRoomFor(size);
        }
    }

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

    /** Limit of all records together, in bytes. */
    public static final int MOST_REGISTRY_BYTES = 16 << 20;
    /** A registry that moves gets four times the space of its records. */
    private static final long MOST_REGISTRY_ROOM = 4L * MOST_REGISTRY_BYTES;
    private static final int MOST_RING_BYTES = 1 << 20;
    /** A signal frame takes up to 16 KiB, the loader the rest. The stub has 96 KiB. */
    private static final long LEAST_STACK = 64 << 10;
    private static final long MOST_STACK = 16 << 20;

    /**
     * Reads the state.
     *
     * @throws TargetUnreadableException where it is missing, of an unknown version, or damaged; the log is not checked, see
     *                                   {@link Ring#exists}
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
            StubState state = new StubState(address, Code.of(bytes),
                    new Stack(pointer(bytes, StubLayout.STACK), bytes.get(LONG, StubLayout.STACK_SIZE), (int) borrower),
                    new RecordArea(pointer(bytes, StubLayout.REGISTRY), bytes.get(LONG, StubLayout.REGISTRY_SIZE),
                            bytes.get(LONG, StubLayout.REGISTRY_USED)),
                    new Ring(pointer(bytes, StubLayout.RING), bytes.get(LONG, StubLayout.RING_SIZE),
                            bytes.get(LONG, StubLayout.RING_WRITTEN)),
                    bytes.get(LONG, StubLayout.FLAGS), pointer(bytes, StubLayout.RUNTIME),
                    pointer(bytes, StubLayout.SHADOW_IDS));
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
        code.byName().forEach((name, at) -> {
            if (!at.hasRoomFor(1)) {
                throw damaged(pid, address, "its function " + name + " is at " + at);
            }
        });
        if (!stack.isSound()) {
            throw damaged(pid, address, stack.toString());
        }
        if (!registry.isSound()) {
            throw damaged(pid, address, registry.toString());
        }
    }

    private static String bytes(long count) {
        return Long.toUnsignedString(count) + " bytes";
    }

    private static TargetDamagedException damaged(int pid, RemoteAddress address, String claim) {
        return new TargetDamagedException(pid, "the state of its stub, at " + address + ", says that " + claim
                + ", which makes no sense: something has written over it, and only a restart of the process helps");
    }

    /**
     * Checks that borrowed threads can run on it: the functions are code of the stub, and the stack is memory of the stub.
     *
     * @throws TargetUnreadableException where they are not, or the stub is gone
     */
    public StubState usableIn(ProcessImage image) {
        LoadedObject stub = image.objects().stream()
                .filter(object -> object.exported(StubLayout.SYMBOL).filter(address::equals).isPresent()).findFirst()
                .orElseThrow(() -> new TargetUnreadableException(image.pid(),
                        "the stub has vanished from the process"));
        code.byName().forEach((name, at) -> {
            if (stub.mappings().stream().noneMatch(mapping -> mapping.isExecutable() && mapping.contains(at))) {
                throw damaged(image.pid(), address, "its function " + name + " is at " + at + ", where " + stub.path()
                        + " has no code");
            }
        });
        if (stub.mappings().stream().noneMatch(mapping -> mapping.contains(runtime))) {
            throw damaged(image.pid(), address, "what patches call is at " + runtime + ", where " + stub.path()
                    + " has no memory");
        }
        LinkAddress first = stub.toLink(stack.start);
        LinkAddress last = first.plus(stack.size - 1);
        if (stub.elf().segments().stream().noneMatch(segment -> segment.type().equals(SegmentType.LOAD)
                && segment.contains(first) && segment.contains(last))) {
            throw damaged(image.pid(), address, stack + ", where " + stub.path() + " has no memory");
        }
        return this;
    }

    private static RemoteAddress pointer(MemorySegment bytes, long offset) {
        return new RemoteAddress(bytes.get(LONG, offset));
    }

    /** Remote address of a field. */
    public RemoteAddress field(int offset) {
        return address.plus(offset);
    }

    /** Whether patching is switched off. */
    public boolean isDisabled() {
        return (flags & StubLayout.DISABLED) != 0;
    }
}
