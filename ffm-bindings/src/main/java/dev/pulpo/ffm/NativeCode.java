package dev.pulpo.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Machine code that this process calls itself: a function without arguments that returns a number. Thread-safe. */
public final class NativeCode {
    private static final int PAGE = 4096;

    private final MemorySegment function;

    /**
     * Maps code for the life of this process.
     *
     * @param code the function; at most a page
     * @throws SystemCallException where the kernel permits no such memory
     */
    @SuppressWarnings("restricted") // This is what the module is granted native access for.
    public NativeCode(byte[] code) {
        if (code.length > PAGE) {
            throw new IllegalArgumentException(code.length + " bytes are more than a page");
        }
        long address = NativeCalls.check("mmap", NativeCalls.syscall(SystemCalls.MMAP, 0, PAGE,
                SystemCalls.PROT_READ | SystemCalls.PROT_WRITE, SystemCalls.MAP_PRIVATE | SystemCalls.MAP_ANONYMOUS, -1,
                0));
        function = MemorySegment.ofAddress(address).reinterpret(PAGE, Arena.global(), null);
        MemorySegment.copy(MemorySegment.ofArray(code), 0, function, 0, code.length);
        NativeCalls.check("mprotect", NativeCalls.syscall(SystemCalls.MPROTECT, address, PAGE,
                SystemCalls.PROT_READ | SystemCalls.PROT_EXEC));
    }

    /** Calls it. */
    public long call() {
        return NativeCalls.callLong(function);
    }
}
