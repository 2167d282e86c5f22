package dev.pulpo.ffm;

import dev.pulpo.ffm.raw.user_regs_struct;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * The general registers of a stopped thread ({@code struct user_regs_struct}). Mutable and reusable, so a stop allocates
 * none. Not thread-safe.
 */
public final class Registers {
    private final MemorySegment struct;
    private final MemorySegment bytes;

    /** Registers in memory from the arena, all zero. */
    public Registers(Arena arena) {
        struct = arena.allocate(user_regs_struct.layout());
        bytes = struct.asReadOnly();
    }

    /** The bytes of all registers, only to be read. */
    public MemorySegment bytes() {
        return bytes;
    }

    MemorySegment struct() {
        return struct;
    }

    /** Becomes a copy of {@code other}. */
    public void set(Registers other) {
        struct.copyFrom(other.struct);
    }

    /**
     * Copies the general registers and the program counter.
     *
     * @param into gets rax, rdx, rcx, rbx, rsi, rdi, rbp, rsp, r8 to r15 and rip: their numbers in DWARF (psABI, figure
     *             3.36)
     */
    public void copyTo(long[] into) {
        into[0] = user_regs_struct.rax(struct);
        into[1] = user_regs_struct.rdx(struct);
        into[2] = user_regs_struct.rcx(struct);
        into[3] = user_regs_struct.rbx(struct);
        into[4] = user_regs_struct.rsi(struct);
        into[5] = user_regs_struct.rdi(struct);
        into[6] = user_regs_struct.rbp(struct);
        into[7] = user_regs_struct.rsp(struct);
        into[8] = user_regs_struct.r8(struct);
        into[9] = user_regs_struct.r9(struct);
        into[10] = user_regs_struct.r10(struct);
        into[11] = user_regs_struct.r11(struct);
        into[12] = user_regs_struct.r12(struct);
        into[13] = user_regs_struct.r13(struct);
        into[14] = user_regs_struct.r14(struct);
        into[15] = user_regs_struct.r15(struct);
        into[16] = user_regs_struct.rip(struct);
    }

    public long rip() {
        return user_regs_struct.rip(struct);
    }

    public void rip(long value) {
        user_regs_struct.rip(struct, value);
    }

    public long rsp() {
        return user_regs_struct.rsp(struct);
    }

    public void rsp(long value) {
        user_regs_struct.rsp(struct, value);
    }

    public long rax() {
        return user_regs_struct.rax(struct);
    }

    public void rax(long value) {
        user_regs_struct.rax(struct, value);
    }

    /** The number of the system call that the thread is in, or -1: see "orig_rax" in arch/x86/entry/calling.h. */
    public long origRax() {
        return user_regs_struct.orig_rax(struct);
    }

    public void origRax(long value) {
        user_regs_struct.orig_rax(struct, value);
    }

    public long rbp() {
        return user_regs_struct.rbp(struct);
    }

    public long rbx() {
        return user_regs_struct.rbx(struct);
    }

    public void rbx(long value) {
        user_regs_struct.rbx(struct, value);
    }

    public long r12() {
        return user_regs_struct.r12(struct);
    }

    public void r12(long value) {
        user_regs_struct.r12(struct, value);
    }

    public void r13(long value) {
        user_regs_struct.r13(struct, value);
    }

    public void r14(long value) {
        user_regs_struct.r14(struct, value);
    }

    public void r15(long value) {
        user_regs_struct.r15(struct, value);
    }

    public long r13() {
        return user_regs_struct.r13(struct);
    }

    public long r14() {
        return user_regs_struct.r14(struct);
    }

    public long r15() {
        return user_regs_struct.r15(struct);
    }

    public long r10() {
        return user_regs_struct.r10(struct);
    }

    public void r10(long value) {
        user_regs_struct.r10(struct, value);
    }

    public long fsBase() {
        return user_regs_struct.fs_base(struct);
    }

    public long eflags() {
        return user_regs_struct.eflags(struct);
    }

    public void eflags(long value) {
        user_regs_struct.eflags(struct, value);
    }

    /**
     * Sets the six argument registers of the calling convention. For functions (psABI 3.2.3) and system calls (A.2.1)
     * they differ in the fourth, rcx or r10, so both get it.
     */
    public void arguments(long a, long b, long c, long d, long e, long f) {
        user_regs_struct.rdi(struct, a);
        user_regs_struct.rsi(struct, b);
        user_regs_struct.rdx(struct, c);
        user_regs_struct.rcx(struct, d);
        user_regs_struct.r10(struct, d);
        user_regs_struct.r8(struct, e);
        user_regs_struct.r9(struct, f);
    }

    /** Whether the thread runs 64-bit code: the code segment is the kernel's {@code __USER_CS}. */
    public boolean isLongMode() {
        return user_regs_struct.cs(struct) == 0x33;
    }
}
