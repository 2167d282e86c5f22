package dev.pulpo.engine.trace;

import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;

/**
 * The system call that a thread was taken out of, and how it can be made to repeat it if the tool dies and nobody is there
 * to give the kernel back what it knows of it.
 */
final class InterruptedCall {
    /** {@code mov imm32, %eax; syscall} (Intel SDM vol. 2, MOV and SYSCALL), as C libraries write it. */
    private static final int MOV_EAX = 0xb8;
    private static final int SYSCALL = 0x050f;
    private static final int LENGTH = 5 + SystemCalls.INSTRUCTION_LENGTH;

    private InterruptedCall() {}

    /** How a thread gets on with its call, the best first. */
    enum Restart {
        /** There is none, or its registers say all of it. */
        BY_REGISTERS,
        /** A sleep begins anew: longer than was asked for, which the caller must expect, and without EINTR. */
        FROM_THE_BEGINNING,
        /** The thread was interrupted before, and what its call was is not known: without a tracer it would see EINTR. */
        BY_A_LIVING_TRACER
    }

    /** How this thread gets on. */
    static Restart restart(Registers registers, TraceeMemory memory) {
        if (!SystemCalls.usesRestartBlock(registers)) {
            return Restart.BY_REGISTERS;
        }
        return SystemCalls.isRestartSyscall(registers) && numberInCode(registers.rip(), memory).isEmpty()
                ? Restart.BY_A_LIVING_TRACER
                : Restart.FROM_THE_BEGINNING;
    }

    /** The number of the call; that of restart_syscall where no better one is known. */
    static long number(Registers registers, TraceeMemory memory) {
        return number(registers.origRax(), registers.rip(), memory);
    }

    /** As the other, for registers that have been kept. */
    static long number(long origRax, long programCounter, TraceeMemory memory) {
        return SystemCalls.isRestartSyscall(origRax)
                ? numberInCode(programCounter, memory).orElse((int) origRax)
                : origRax;
    }

    /**
     * A thread whose call is repeated through restart_syscall(2) stands behind the call itself, with its arguments; the
     * number alone is missing. The instruction before tells it, unless the call was made by a function such as syscall(3).
     */
    private static OptionalInt numberInCode(long programCounter, TraceeMemory memory) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment code = arena.allocate(LENGTH);
            if (memory.readSome(new RemoteAddress(programCounter - LENGTH), code) != LENGTH
                    || (code.get(ValueLayout.JAVA_BYTE, 0) & 0xff) != MOV_EAX
                    || code.get(ValueLayout.JAVA_SHORT_UNALIGNED, 5) != SYSCALL) {
                return OptionalInt.empty();
            }
            int number = code.get(ValueLayout.JAVA_INT_UNALIGNED, 1);
            return SystemCalls.restartsThroughBlock(number) ? OptionalInt.of(number) : OptionalInt.empty();
        }
    }
}
