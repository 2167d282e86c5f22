package dev.pulpo.engine.trace;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/** The functions of the stub, called on a borrowed thread. To be used on the tracer thread. */
public final class StubCalls {
    private static final int LONGEST_ERROR = 64 * 1024;

    private final ThreadLoan loan;
    private final TraceeMemory memory;
    private final StubState stub;
    private final long deadline;

    /** Calls on {@code loan}, none of which may last beyond {@code deadline} on the scale of {@link System#nanoTime}. */
    public StubCalls(ThreadLoan loan, TraceeMemory memory, StubState stub, long deadline) {
        this.loan = loan;
        this.memory = memory;
        this.stub = stub;
        this.deadline = deadline;
    }

    /** What came of {@link #load}. */
    public sealed interface LoadResult {
        /**
         * The object is loaded.
         *
         * @param handle what {@code dlopen} returned
         * @param bias   what was added to its link addresses
         */
        record Loaded(RemoteAddress handle, long bias) implements LoadResult {}

        /** The dynamic loader of the target said no, with this message. */
        record Failed(String message) implements LoadResult {}
    }

    /**
     * Loads a shared object: by its name where the target sees the same file under it, else by its content.
     *
     * @param content of the file, as it was checked
     * @param name    what the target is to know it by
     */
    public LoadResult load(Path file, ByteSource content, Path name) {
        if (Delivery.goesByName(loan, file, name)) {
            LoadResult byName = load(RawText.of(name));
            // The target may see the file and not be allowed to open it.
            if (!(byName instanceof LoadResult.Failed failed && isUnopened(failed.message()))) {
                return byName;
            }
        }
        try (Delivery delivery = Delivery.of(loan, content, file, new DeliveryCalls())) {
            return load(delivery.path());
        }
    }

    /** System calls of the stub; their room is where arguments of other calls would be. */
    private final class DeliveryCalls implements Delivery.Calls {
        @Override
        public long call(int number, long... arguments) {
            return systemCall(number, arguments);
        }

        @Override
        public RemoteAddress room() {
            return ThreadLoan.argumentsAt(stub.callSite());
        }

        @Override
        public long roomBytes() {
            return ThreadLoan.argumentBytes(stub.callSite());
        }
    }

    /** Whether the loader has not come as far as to look into the file. */
    static boolean isUnopened(String message) {
        return message.contains("cannot open shared object file");
    }

    private LoadResult load(String path) {
        byte[] name = RawText.encode(path);
        byte[] request = new byte[StubLayout.LOAD_BYTES + name.length + 1];
        RemoteAddress at = ThreadLoan.argumentsAt(stub.callSite());
        ByteBuffer buffer = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(StubLayout.LOAD_PATH, at.value() + StubLayout.LOAD_BYTES);
        buffer.put(StubLayout.LOAD_BYTES, name);
        MemorySegment reply = call(stub.load(), request, at);
        long error = reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_ERROR);
        long map = reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_MAP);
        if (map == 0) {
            return new LoadResult.Failed(string(new RemoteAddress(error)));
        }
        // struct link_map begins with l_addr (link.h).
        return new LoadResult.Loaded(
                new RemoteAddress(reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_HANDLE)),
                readLong(new RemoteAddress(map)));
    }

    /**
     * Unloads a shared object.
     *
     * @return an empty string, or what the loader said
     */
    public String unload(RemoteAddress handle) {
        byte[] request = new byte[StubLayout.LOAD_BYTES];
        ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN).putLong(StubLayout.LOAD_HANDLE, handle.value());
        MemorySegment reply = call(stub.unload(), request, ThreadLoan.argumentsAt(stub.callSite()));
        long error = reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_ERROR);
        return error == 0 ? "" : string(new RemoteAddress(error));
    }

    /**
     * The number that the loader has given to the thread-local storage of an object.
     *
     * @param bias of the object
     * @return 0 where it has none
     */
    public long tlsModule(long bias) {
        return loan.call(stub.callSite(), stub.tlsModule(), new byte[0], new long[]{bias}, deadline);
    }

    /**
     * What the resolver of an indirect function chooses. The dynamic loader calls it whenever it binds such a function, on
     * whichever thread that may be, so that one time more changes nothing.
     *
     * @param bias of the object that has it
     * @return the function's address; null where the object is not loaded any more
     */
    public RemoteAddress resolve(long bias, RemoteAddress resolver) {
        return new RemoteAddress(loan.call(stub.callSite(), stub.resolve(), new byte[0],
                new long[]{bias, resolver.value()}, deadline));
    }

    private MemorySegment call(RemoteAddress function, byte[] request, RemoteAddress at) {
        loan.run(stub.callSite(), function, request, new long[0], deadline);
        MemorySegment reply = Arena.ofAuto().allocate(StubLayout.LOAD_BYTES, 8);
        memory.read(at, reply);
        return reply;
    }

    /**
     * Makes a system call in the target.
     *
     * @return the result, or the error number negated
     */
    public long systemCall(int number, long... arguments) {
        long[] values = new long[1 + arguments.length];
        values[0] = number;
        System.arraycopy(arguments, 0, values, 1, arguments.length);
        return loan.call(stub.callSite(), stub.syscall(), new byte[0], values, deadline);
    }

    /**
     * Maps private memory in the target that reads and writes.
     *
     * @return its address
     */
    public RemoteAddress mapMemory(long bytes) {
        long result = systemCall(SystemCalls.MMAP, 0, bytes, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE,
                SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS, -1);
        if (result < 0 && result >= -4095) {
            throw new dev.pulpo.ffm.SystemCallException("mmap(" + bytes + ") in process " + loan.pid(), (int) -result);
        }
        return new RemoteAddress(result);
    }

    /**
     * Maps private memory that can be executed and read, at this very address.
     *
     * @return 0, or an error number: EEXIST where something is mapped there
     */
    public int mapCode(RemoteAddress address, long bytes) {
        long result = systemCall(SystemCalls.MMAP, address.value(), bytes,
                SystemCalls.PROT_READ | SystemCalls.PROT_EXEC,
                SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS | SystemCalls.MAP_FIXED_NOREPLACE, -1);
        if (result < 0 && result >= -4095) {
            return (int) -result;
        }
        if (result != address.value()) {
            // Kernels before 4.17 take the address for a wish.
            unmap(new RemoteAddress(result), bytes);
            return Errno.EEXIST;
        }
        return 0;
    }

    /**
     * Gives mapped memory back.
     *
     * @return 0, or an error number
     */
    public int unmap(RemoteAddress address, long bytes) {
        long result = systemCall(SystemCalls.MUNMAP, address.value(), bytes);
        // munmap returns nothing else; the process can have changed it.
        return result == 0 ? 0 : result < 0 && result >= -4095 ? (int) -result : Errno.EIO;
    }

    private long readLong(RemoteAddress address) {
        MemorySegment value = Arena.ofAuto().allocate(ValueLayout.JAVA_LONG);
        memory.read(address, value);
        return value.get(ValueLayout.JAVA_LONG, 0);
    }

    private String string(RemoteAddress address) {
        return readString(memory, address);
    }

    /** A NUL-terminated string of the target. */
    static String readString(TraceeMemory memory, RemoteAddress address) {
        if (address.isNull()) {
            return "(no message)";
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(LONGEST_ERROR);
            long length = memory.readSome(address, bytes);
            for (long i = 0; i < length; i++) {
                if (bytes.get(ValueLayout.JAVA_BYTE, i) == 0) {
                    length = i;
                }
            }
            return RawText.decode(bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE));
        }
    }
}
