package dev.pulpo.ffm;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * All downcalls of the product: one handle, one signature.
 *
 * <p>Linking a signature costs a cold JVM about 15 ms, so every function is called as
 * {@code long f(long, long, long, long, long, long, long)}. The System V ABI allows that for functions whose parameters
 * are integers and pointers: the first six are passed in registers, the seventh on the stack, and the callee ignores
 * those that it has not declared. A result of type {@code int} is in the lower half of rax; {@link #callInt} cuts off the
 * upper half, which is undefined. Variadic functions expect the number of vector registers in al, which only a declared
 * variadic call sets; {@code syscall(2)} is written in assembly and ignores it.
 */
@SuppressWarnings("restricted") // This is what the module is granted native access for.
final class NativeCalls {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final StructLayout STATE = Linker.Option.captureStateLayout();
    private static final VarHandle ERRNO = STATE.varHandle(PathElement.groupElement("errno"));

    private static final MethodHandle CALL = LINKER.downcallHandle(
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG,
                    JAVA_LONG),
            Linker.Option.captureCallState("errno"));

    private static final MemorySegment SYSCALL = function("syscall");

    /** Where a call stores errno: one for each thread, for the life of the thread. */
    private static final ThreadLocal<MemorySegment> CAPTURED = ThreadLocal
            .withInitial(() -> Arena.ofAuto().allocate(STATE));

    /**
     * Tests set it by reflection. It gets every system call before the call, on the same thread: the number in the upper
     * half of its first argument with the lower half of the call's first argument below, and the call's second argument.
     * An exception leaves the call, as if memory were exhausted. A result other than 0 becomes the call's result, and the
     * call is not made.
     */
    private static volatile @Nullable LongBinaryOperator watcher;

    private NativeCalls() {}

    /**
     * Makes a system call.
     *
     * @return the kernel's result, or the negated error number
     */
    static long syscall(long number, long a, long b, long c, long d, long e, long f) {
        LongBinaryOperator watching = watcher;
        if (watching != null) {
            long instead = watching.applyAsLong(number << 32 | a & 0xffff_ffffL, b);
            if (instead != 0) {
                return instead;
            }
        }
        MemorySegment captured = CAPTURED.get();
        long result = invoke(SYSCALL, captured, number, a, b, c, d, e, f);
        return result == -1 ? -(int) ERRNO.get(captured, 0L) : result;
    }

    static long syscall(long number, long a, long b, long c) {
        return syscall(number, a, b, c, 0, 0, 0);
    }

    static long syscall(long number, long a, long b, long c, long d) {
        return syscall(number, a, b, c, d, 0, 0);
    }

    /**
     * The address of a function of libc. The generated accessors have it, too, but they link a handle with the function's
     * own signature.
     */
    static MemorySegment function(String name) {
        return LINKER.defaultLookup().find(name).orElseThrow(() -> new UnsatisfiedLinkError("libc has no " + name));
    }

    /** Calls a function of libc that returns {@code int}. */
    static int callInt(MemorySegment function, long a, long b, long c, long d, long e, long f) {
        return (int) invoke(function, CAPTURED.get(), a, b, c, d, e, f, 0);
    }

    /** Calls a function without arguments. */
    static long callLong(MemorySegment function) {
        return invoke(function, CAPTURED.get(), 0, 0, 0, 0, 0, 0, 0);
    }

    static int callInt(MemorySegment function, long a, long b, long c) {
        return callInt(function, a, b, c, 0, 0, 0);
    }

    /** Calls a function of libc that returns -1 and sets errno where it fails; returns errno then, and 0 otherwise. */
    static int callForErrno(MemorySegment function, long a, long b, long c) {
        MemorySegment captured = CAPTURED.get();
        return (int) invoke(function, captured, a, b, c, 0, 0, 0, 0) == -1 ? (int) ERRNO.get(captured, 0L) : 0;
    }

    /**
     * The result of a system call that must succeed.
     *
     * @throws SystemCallException if it is an error number
     */
    static long check(String call, long result) {
        return Errno.check(call, result);
    }

    static boolean isError(long result) {
        return Errno.of(result) != 0;
    }

    private static long invoke(MemorySegment function, MemorySegment captured, long a, long b, long c, long d, long e,
            long f, long g) {
        try {
            return (long) CALL.invokeExact(function, captured, a, b, c, d, e, f, g);
        } catch (RuntimeException | Error unchecked) {
            throw unchecked;
        } catch (Throwable impossible) {
            throw new AssertionError("a downcall throws no checked exception", impossible);
        }
    }
}
