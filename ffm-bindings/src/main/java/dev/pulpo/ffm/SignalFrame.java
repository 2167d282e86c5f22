package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.user_regs_struct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A complete signal frame of the kernel ({@code struct rt_sigframe}, arch/x86/include/asm/sigframe.h), with which
 * {@code rt_sigreturn(2)} restores a thread, including vector registers and signal mask.
 *
 * <pre>
 *   address ≡ 8 (mod 16)   pretcode       return address of the frame
 *              +8          uc_flags       7: extended state, SS, strict SS
 *             +16          uc_link        0
 *             +24          uc_stack       alternate stack; see below
 *             +48          uc_mcontext    18 registers, segments, …, pointer to the extended state
 *            +304          uc_sigmask
 *            +312          siginfo        unused
 *   address ≡ 0 (mod 64)   extended state, as XSAVE writes it, with the "software reserved" bytes filled in
 *              +length     magic 2
 * </pre>
 *
 * <p>A tracer cannot read a thread's alternate stack, and need not: {@code rt_sigreturn} passes {@code uc_stack} to
 * {@code do_sigaltstack} and ignores every error but EFAULT (restore_altstack, kernel/signal.c), so flags that it rejects
 * leave the alternate stack as it is.
 */
public final class SignalFrame {
    /** No current CPU has a longer extended state (with AMX it has 11,008 bytes). */
    public static final int XSTATE_MAX = 16 * 1024;
    /** The offset of the vector registers in it, 16 bytes each (SDM volume 1, section 13.4.2). */
    public static final int XSTATE_VECTORS = 160;

    private static final int PRETCODE = 0;
    private static final int UC_FLAGS = 8;
    private static final int UC_STACK_FLAGS = 32;
    private static final int MCONTEXT = 48;
    private static final int FPSTATE_POINTER = MCONTEXT + 18 * 8 + 8 + 32;
    private static final int UC_SIGMASK = 304;
    private static final int FRAME_BYTES = 440;

    private static final long UC_FP_XSTATE_SIGCONTEXT_SS_STRICT = 7;
    private static final int REJECTED_STACK_FLAGS = 0x7e57;

    /* struct _fpx_sw_bytes, uapi/asm/sigcontext.h; in the regset the same place begins with XCR0. */
    private static final int SW_RESERVED = 464;
    private static final int SW_RESERVED_BYTES = 48;
    private static final int XSTATE_BV = 512;
    private static final int MAGIC1 = 0x46505853;
    private static final int MAGIC2 = 0x46505845;

    /* Intel SDM vol. 1, 13.5.14: AMX tile data, the one component that a process must request before use. */
    private static final long TILE_DATA = 1L << 18;
    private static final int TILE_DATA_OFFSET = 2816;

    private SignalFrame() {}

    /**
     * A frame ready to be written.
     *
     * @param address the address of its first byte
     * @param bytes   frame and extended state
     */
    public record Image(RemoteAddress address, MemorySegment bytes) {
        /** The value of rsp for {@code rt_sigreturn}: as if the return address had been popped. */
        public long stackPointerForReturn() {
            return address.value() + 8;
        }
    }

    /**
     * Lays out the frame that restores {@code registers}.
     *
     * @param top           the frame ends below this address
     * @param returnAddress the return address of the frame, for code that returns into it
     * @param registers     the registers as user space should see them; see {@link SystemCalls#rewind}
     * @param extended      the extended state from {@link Ptrace#readExtendedState}
     * @param blocked       the signal mask
     */
    public static Image layOut(Arena arena, long top, long returnAddress, Registers registers, MemorySegment extended,
            long blocked) {
        long length = usedLength(extended);
        long extendedAddress = (top - (length + 4)) & -64;
        // psABI 3.2.2: rsp + 8 is a multiple of 16 on entry to a function, and at the beginning of a frame.
        long address = ((extendedAddress - FRAME_BYTES) & -16) - 8;
        long offset = extendedAddress - address;
        MemorySegment image = arena.allocate(offset + length + 4, 16);

        image.set(LONG, PRETCODE, returnAddress);
        image.set(LONG, UC_FLAGS, UC_FP_XSTATE_SIGCONTEXT_SS_STRICT);
        image.set(INT, UC_STACK_FLAGS, REJECTED_STACK_FLAGS);
        writeContext(image, registers.struct(), extendedAddress);
        image.set(LONG, UC_SIGMASK, blocked);

        MemorySegment state = image.asSlice(offset);
        MemorySegment.copy(extended, 0, state, 0, length);
        long features = extended.get(LONG, SW_RESERVED);
        if (length < extended.byteSize()) {
            features &= ~TILE_DATA;
        }
        state.asSlice(SW_RESERVED, SW_RESERVED_BYTES).fill((byte) 0);
        state.set(INT, SW_RESERVED, MAGIC1);
        state.set(INT, SW_RESERVED + 4, (int) length + 4);
        state.set(LONG, SW_RESERVED + 8, features);
        state.set(INT, SW_RESERVED + 16, (int) length);
        state.set(INT, length, MAGIC2);
        return new Image(new RemoteAddress(address), image);
    }

    /**
     * The kernel refuses a frame with a longer state than the process may use; without a permission for AMX that ends
     * before the tile data.
     */
    private static long usedLength(MemorySegment extended) {
        boolean tiles = (extended.get(LONG, XSTATE_BV) & TILE_DATA) != 0;
        return tiles ? extended.byteSize() : Math.min(extended.byteSize(), TILE_DATA_OFFSET);
    }

    private static void writeContext(MemorySegment image, MemorySegment registers, long extendedAddress) {
        long[] inOrder = {user_regs_struct.r8(registers), user_regs_struct.r9(registers),
                user_regs_struct.r10(registers), user_regs_struct.r11(registers), user_regs_struct.r12(registers),
                user_regs_struct.r13(registers), user_regs_struct.r14(registers), user_regs_struct.r15(registers),
                user_regs_struct.rdi(registers), user_regs_struct.rsi(registers), user_regs_struct.rbp(registers),
                user_regs_struct.rbx(registers), user_regs_struct.rdx(registers), user_regs_struct.rax(registers),
                user_regs_struct.rcx(registers), user_regs_struct.rsp(registers), user_regs_struct.rip(registers),
                user_regs_struct.eflags(registers)};
        for (int i = 0; i < inOrder.length; i++) {
            image.set(LONG, MCONTEXT + 8L * i, inOrder[i]);
        }
        long segments = MCONTEXT + 8L * inOrder.length;
        image.set(ValueLayout.JAVA_SHORT, segments, (short) user_regs_struct.cs(registers));
        image.set(ValueLayout.JAVA_SHORT, segments + 6, (short) user_regs_struct.ss(registers));
        image.set(LONG, FPSTATE_POINTER, extendedAddress);
    }

    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
}
