package dev.pulpo.engine.borrow;

import dev.pulpo.elf.ByteSource;
import dev.pulpo.elf.RawText;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.StubState;
import dev.pulpo.ffm.Errno;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.Signals;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.stub.StubLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/** Calls the functions of the stub on a borrowed thread. For the tracer thread. */
public final class StubCalls {
    private static final int LONGEST_ERROR = 64 * 1024;

    private final ThreadLoan loan;
    private final TraceeMemory memory;
    private final StubState stub;
    private final CallSite site;
    private final long deadline;

    /** @param deadline of each call, on the scale of {@link System#nanoTime} */
    public StubCalls(ThreadLoan loan, TraceeMemory memory, StubState stub, long deadline) {
        this.loan = loan;
        this.memory = memory;
        this.stub = stub;
        this.site = CallSite.of(stub);
        this.deadline = deadline;
    }

    /** The result of {@link #load}. */
    public sealed interface LoadResult {
        /**
         * The object is loaded.
         *
         * @param handle what {@code dlopen} returned
         * @param bias   from its link addresses to remote ones
         */
        record Loaded(RemoteAddress handle, long bias) implements LoadResult {}

        /** The target's dynamic loader refused, with this message. */
        record Failed(String message) implements LoadResult {}
    }

    /**
     * Loads a shared object: by name where the target sees the same file under it, otherwise by content.
     *
     * @param content of the file, as it was checked
     */
    public LoadResult load(NamedFile file, ByteSource content) {
        if (file.isUsableOn(loan)) {
            LoadResult byName = load(RawText.of(file.name()));
            // The target may lack the right to open the file.
            if (!(byName instanceof LoadResult.Failed failed && isUnopened(failed.message()))) {
                return byName;
            }
        }
        try (FileDelivery delivery = FileDelivery.of(loan, content, file.file(),
                new FileDelivery.Calls(site, this::systemCall))) {
            return load(delivery.path());
        }
    }

    /** Whether the loader failed before it looked into the file. */
    static boolean isUnopened(String message) {
        return message.contains("cannot open shared object file");
    }

    private LoadResult load(String path) {
        byte[] name = RawText.encode(path);
        byte[] request = new byte[StubLayout.LOAD_BYTES + name.length + 1];
        RemoteAddress at = ThreadLoan.argumentsAt(site);
        ByteBuffer buffer = ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putLong(StubLayout.LOAD_PATH, at.value() + StubLayout.LOAD_BYTES);
        buffer.put(StubLayout.LOAD_BYTES, name);
        MemorySegment reply = call(stub.code().load(), request, at);
        long error = reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_ERROR);
        long map = reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_MAP);
        if (map == 0) {
            return new LoadResult.Failed(readString(memory, new RemoteAddress(error)));
        }
        // struct link_map begins with l_addr (link.h).
        return new LoadResult.Loaded(
                new RemoteAddress(reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_HANDLE)),
                memory.readLong(new RemoteAddress(map)));
    }

    /**
     * Unloads a shared object.
     *
     * @return an empty string, or the loader's message
     */
    public String unload(RemoteAddress handle) {
        byte[] request = new byte[StubLayout.LOAD_BYTES];
        ByteBuffer.wrap(request).order(ByteOrder.LITTLE_ENDIAN).putLong(StubLayout.LOAD_HANDLE, handle.value());
        MemorySegment reply = call(stub.code().unload(), request, ThreadLoan.argumentsAt(site));
        long error = reply.get(ValueLayout.JAVA_LONG, StubLayout.LOAD_ERROR);
        return error == 0 ? "" : readString(memory, new RemoteAddress(error));
    }

    /**
     * The loader's number of an object's thread-local storage.
     *
     * @param bias of the object
     * @return 0 where it has none
     */
    public long tlsModule(long bias) {
        return loan.call(site, stub.code().tlsModule(), new byte[0], new long[]{bias}, deadline);
    }

    /**
     * Calls the resolver of an indirect function. The dynamic loader calls it at each binding, on any thread, so another
     * call changes nothing.
     *
     * @param bias of the object that has it
     * @return the address that it chooses; null where the object has been unloaded
     */
    public RemoteAddress resolve(long bias, RemoteAddress resolver) {
        return new RemoteAddress(loan.call(site, stub.code().resolve(), new byte[0],
                new long[]{bias, resolver.value()}, deadline));
    }

    /**
     * The answer of a callback.
     *
     * @param result  0, unless it refuses
     * @param message of a callback that refuses; may be empty
     */
    public record Answer(long result, String message) {}

    /**
     * Calls a callback of a patch, unless it was called before.
     *
     * @param function  its address
     * @param progress  address of the eight bytes of its record in which the thread notes that it has begun and has ended
     * @param shift     position of its bits there
     * @param mayRefuse whether it has a result and a message
     */
    public Answer callback(RemoteAddress function, RemoteAddress progress, int shift, boolean mayRefuse) {
        ByteBuffer request = ByteBuffer.allocate(StubLayout.CALLBACK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        request.putLong(StubLayout.CALLBACK_FUNCTION, function.value());
        request.putLong(StubLayout.CALLBACK_PROGRESS, progress.value());
        request.putLong(StubLayout.CALLBACK_SHIFT, shift);
        request.putLong(StubLayout.CALLBACK_MAY_REFUSE, mayRefuse ? 1 : 0);
        MemorySegment reply = call(stub.code().callback(), request.array(), ThreadLoan.argumentsAt(site));
        byte[] message = reply.asSlice(StubLayout.CALLBACK_MESSAGE).toArray(ValueLayout.JAVA_BYTE);
        return new Answer(reply.get(ValueLayout.JAVA_LONG, StubLayout.CALLBACK_RESULT),
                RawText.decodeString(message));
    }

    /** Frees all shadow variables of an id. */
    public void dropShadows(long id) {
        loan.run(site, stub.code().drop(), new byte[0], new long[]{id}, deadline);
    }

    /** Calls a function with a request, and returns the request as the function has left it. */
    private MemorySegment call(RemoteAddress function, byte[] request, RemoteAddress at) {
        loan.run(site, function, request, new long[0], deadline);
        MemorySegment reply = Arena.ofAuto().allocate(request.length, 8);
        memory.read(at, reply);
        return reply;
    }

    /**
     * Makes a system call in the target.
     *
     * @return the result, or the negated error number
     */
    public long systemCall(int number, long... arguments) {
        long[] values = new long[1 + arguments.length];
        values[0] = number;
        System.arraycopy(arguments, 0, values, 1, arguments.length);
        return loan.call(site, stub.code().syscall(), new byte[0], values, deadline);
    }

    /**
     * Maps private memory in the target, readable and writable.
     *
     * @return its address
     */
    public RemoteAddress mapMemory(long bytes) {
        long result = systemCall(SystemCalls.MMAP, 0, bytes, SystemCalls.PROT_READ | SystemCalls.PROT_WRITE,
                SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS, -1);
        return new RemoteAddress(Errno.check("mmap(" + bytes + ") in process " + loan.pid(), result));
    }

    /**
     * Maps private memory at exactly this address, readable and executable.
     *
     * @return 0, or an error number: EEXIST where something is mapped there
     */
    public int mapCode(RemoteAddress address, long bytes) {
        long result = systemCall(SystemCalls.MMAP, address.value(), bytes,
                SystemCalls.PROT_READ | SystemCalls.PROT_EXEC,
                SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS | SystemCalls.MAP_FIXED_NOREPLACE, -1);
        if (Errno.of(result) != 0) {
            return Errno.of(result);
        }
        if (result != address.value()) {
            // Kernels before 4.17 take the address as a hint.
            unmap(new RemoteAddress(result), bytes);
            return Errno.EEXIST;
        }
        return 0;
    }

    /**
     * Unmaps memory.
     *
     * @return 0, or an error number
     */
    public int unmap(RemoteAddress address, long bytes) {
        long result = systemCall(SystemCalls.MUNMAP, address.value(), bytes);
        // munmap has no other results; the process may have forged it.
        return result == 0 || Errno.of(result) != 0 ? Errno.of(result) : Errno.EIO;
    }

    /**
     * The handlers of the process's signals, by the names of the signals (rt_sigaction(2)); null where a seccomp filter
     * forbids to ask.
     */
    public Map<String, RemoteAddress> handlers() {
        Map<String, RemoteAddress> handlers = new LinkedHashMap<>();
        long caught = ProcFs.status(loan.pid(), loan.tid()).mask("SigCgt");
        boolean forbidden = caught != 0
                && loan.forbids(Map.of("rt_sigaction", SystemCalls.RT_SIGACTION)).isPresent();
        RemoteAddress action = ThreadLoan.argumentsAt(site);
        for (int signal = 1; signal <= Long.SIZE; signal++) {
            if ((caught & Signals.bit(signal)) != 0) {
                // struct sigaction of the kernel begins with the handler.
                boolean known = !forbidden
                        && systemCall(SystemCalls.RT_SIGACTION, signal, 0, action.value(), Long.BYTES) == 0;
                handlers.put(Signals.name(signal),
                        known ? new RemoteAddress(memory.readLong(action)) : RemoteAddress.NULL);
            }
        }
        return handlers;
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
