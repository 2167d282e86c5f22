package dev.pulpo.engine.trace;

import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import dev.pulpo.x86.SystemCallCode;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;

/**
 * The system call that a stop interrupted, and how the thread can repeat it if the tool dies and nothing restores the state
 * that the kernel keeps of it.
 */
public final class InterruptedCall {
    private InterruptedCall() {}

    /** How a thread continues its call, best first. */
    public enum Restart {
        /** There is no call, or its registers describe it completely. */
        BY_REGISTERS,
        /** A sleep starts again without EINTR. It takes longer than requested, which callers must expect. */
        FROM_THE_BEGINNING,
        /** The thread was interrupted before, and its original call is unknown: without a tracer it would see EINTR. */
        BY_A_LIVING_TRACER
    }

    /** How this thread continues. */
    public static Restart restart(Registers registers, TraceeMemory memory) {
        if (!SystemCalls.usesRestartBlock(registers)) {
            return Restart.BY_REGISTERS;
        }
        return SystemCalls.isRestartSyscall(registers) && numberInCode(registers.rip(), memory).isEmpty()
                ? Restart.BY_A_LIVING_TRACER
                : Restart.FROM_THE_BEGINNING;
    }

    /** The number of the call; that of restart_syscall where the original is unknown. */
    public static long number(Registers registers, TraceeMemory memory) {
        return number(registers.origRax(), registers.rip(), memory);
    }

    /** As the other, for saved registers. */
    public static long number(long origRax, long programCounter, TraceeMemory memory) {
        return SystemCalls.isRestartSyscall(origRax)
                ? numberInCode(programCounter, memory).orElse((int) origRax)
                : origRax;
    }

    /**
     * A thread that repeats its call through restart_syscall(2) stands after the call instruction, with the arguments; only
     * the number is missing. The instruction before it sets the number, unless a function such as syscall(3) made the call.
     */
    private static OptionalInt numberInCode(long programCounter, TraceeMemory memory) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(SystemCallCode.LENGTH);
            long read = memory.readSome(programCounter - SystemCallCode.LENGTH, code);
            OptionalInt number = SystemCallCode.number(code.asSlice(0, read).toArray(ValueLayout.JAVA_BYTE));
            return number.stream().filter(SystemCalls::restartsThroughBlock).findFirst();
        }
    }
}
