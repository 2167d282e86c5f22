package dev.pulpo.x86;

import dev.pulpo.x86.Labels.Label;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes the code of a probe, which takes the place of a function: it decides whether it acts, acts, and returns or goes on to
 * the function.
 *
 * <pre>
 *     endbr64
 *     conditions     if one does not hold, restore and jmp *previous(%rip)
 *     actions        count, sleep
 *     end            ret, or jmp *slot(%rip)
 * </pre>
 *
 * <p>The function is entered by a jump, with the stack, the return address and all registers as the caller left them: vectors,
 * the number of vector registers of a variadic call in {@code al}, arguments on the stack. So recursion, exceptions, longjmp(3),
 * tail calls and shadow stacks see no difference. Only the flags change, which have no meaning at the entry of a function
 * (psABI 3.2.1). Registers that the code needs are kept in the red zone, below the stack pointer, which signal handlers leave
 * alone (psABI 3.2.2). Where the code calls a function, it has a frame; {@link #frames} describes it.
 *
 * <p>Conditions must be written before actions. Addresses of data are within ±2 GiB of the code. A writer belongs to one thread.
 */
public final class ProbeCode {
    /** The distance from one counter of a thread to the next, in bytes: a cache line. */
    public static final int COUNTER = 64;
    /** How many counters after its own a thread may get, if that is taken; the table has as many beyond its size. */
    public static final int FURTHER = 16;

    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int R11 = 11;
    private static final int[] CONDITION = {RAX, RCX, RDX};
    /** What a function may change without restoring it, apart from its result (psABI 3.2.1, figure 3.4). */
    private static final int[] CALLER_SAVED = {RCX, RDX, RSI, RDI, 8, 9, 10, R11};
    private static final int FRAME = 8 * CALLER_SAVED.length + 8;

    private static final int ABOVE_OR_EQUAL = 3;
    private static final int EQUAL = 4;
    private static final int NOT_EQUAL = 5;

    /** Increments of Weyl's sequence and the multiplier of the mixing function: Steele, Lea and Flood's SplitMix. */
    private static final long GAMMA = 0x9e37_79b9_7f4a_7c15L;
    private static final long MIX = 0xbf58_476d_1ce4_e5b9L;

    private final Assembler out;
    private final CodeAddress start;
    private final List<Frame> frames = new ArrayList<>();
    private final List<Integer> saved = new ArrayList<>();
    private final Labels labels;
    private final Label unsaved;
    private final Label passing;

    /**
     * From some byte of the code on, the canonical frame address is that far above the stack pointer.
     *
     * @param at     offset in the code
     * @param offset in bytes; 8 at the entry
     */
    public record Frame(int at, int offset) {}

    /** @param start the address of the code */
    public ProbeCode(CodeAddress start) {
        this.start = start;
        out = new Assembler(start).endbr64();
        labels = new Labels(start, out);
        unsaved = labels.label();
        passing = labels.label();
    }

    // Conditions

    /**
     * Only for threads with these ids.
     *
     * @param place offset of the thread's id, four bytes, from the thread pointer
     */
    public ProbeCode onlyThreads(int place, List<Integer> ids) {
        Label found = label();
        for (int id : ids) {
            // cmpl $id, %fs:place
            out.bytes(0x64, 0x81, 0x3c, 0x25).int32(place).int32(id);
            branchIf(EQUAL, found);
        }
        jump(unsaved);
        return bind(found);
    }

    /**
     * Only for each n-th call.
     *
     * @param counter eight bytes, which count the calls
     */
    public ProbeCode everyNth(CodeAddress counter, long n) {
        save(CONDITION);
        out.load(RAX, 1);
        exchangeAndAdd(counter);
        // inc %rax; xor %edx, %edx; then divide by rcx
        out.bytes(0x48, 0xff, 0xc0, 0x31, 0xd2).load(RCX, n).bytes(0x48, 0xf7, 0xf1);
        // test %rdx, %rdx: the remainder
        out.bytes(0x48, 0x85, 0xd2);
        return branchIf(NOT_EQUAL, passing);
    }

    /**
     * Only with a probability.
     *
     * @param state  eight bytes; calls that follow each other, in whatever threads, decide independently
     * @param chance of 2³²
     */
    public ProbeCode withProbability(CodeAddress state, long chance) {
        save(CONDITION);
        out.load(RAX, GAMMA);
        exchangeAndAdd(state);
        mix(32);
        mix(29);
        // shr $32, %rax; cmp $chance, %eax
        out.bytes(0x48, 0xc1, 0xe8, 32, 0x3d).int32(chance);
        return branchIf(ABOVE_OR_EQUAL, passing);
    }

    /** {@code rax = (rax ^ rax >>> shift) * MIX}, by way of rcx. */
    private void mix(int shift) {
        out.bytes(0x48, 0x89, 0xc1, 0x48, 0xc1, 0xe9, shift, 0x48, 0x31, 0xc8);
        out.load(RCX, MIX).bytes(0x48, 0x0f, 0xaf, 0xc1);
    }

    /** {@code lock xadd %rax, cell(%rip)}. */
    private void exchangeAndAdd(CodeAddress cell) {
        out.bytes(0xf0, 0x48, 0x0f, 0xc1, 0x05).displacement(cell);
    }

    // Actions

    /** Counts in eight bytes that all threads share. */
    public ProbeCode increment(CodeAddress counter) {
        // lock incq counter(%rip)
        out.bytes(0xf0, 0x48, 0xff, 0x05).displacement(counter);
        return this;
    }

    /**
     * Counts for the calling thread, without a locked instruction after its first call:
     *
     * <pre>
     *   table:  0  u32 id of the thread; 0 for none
     *           8  u64 count
     *          64  the next one
     * </pre>
     *
     * @param place offset of the thread's id, four bytes, from the thread pointer
     * @param table eight bytes that hold the table's address; the first id must not be that of a thread
     * @param size  a power of two; the table has {@link #FURTHER} more
     * @param rest  counts calls of threads for which there is no place
     */
    public ProbeCode countThread(int place, CodeAddress table, int size, CodeAddress rest) {
        Label slow = label();
        Label done = label();
        save(RAX, RCX);
        // mov %fs:place, %eax; mov %eax, %ecx; and $size-1, %ecx; shl $6, %ecx; add table(%rip), %rcx
        out.threadWord(place).bytes(0x89, 0xc1, 0x81, 0xe1).int32(size - 1);
        out.bytes(0xc1, 0xe1, Integer.numberOfTrailingZeros(COUNTER), 0x48, 0x03, 0x0d).displacement(table);
        // cmp %eax, (%rcx)
        out.bytes(0x39, 0x01);
        branchIf(NOT_EQUAL, slow);
        countHere();
        jump(done);
        bind(slow);
        search(rest, done);
        return bind(done);
    }

    /** {@code incq 8(%rcx)}: no other thread writes there, and a signal handler of this one cannot divide it. */
    private void countHere() {
        out.bytes(0x48, 0xff, 0x41, 8);
    }

    /** Looks from rcx on for the counter of thread eax, or takes a free one. */
    private void search(CodeAddress rest, Label done) {
        Label next = label();
        Label look = label();
        Label full = label();
        Label hit = label();
        out.store(RDX, slot(RDX)).store(R11, slot(R11));
        // mov %eax, %r11d; mov $FURTHER, %edx; test %eax, %eax: a thread that has no id yet
        out.bytes(0x41, 0x89, 0xc3, 0xba).int32(FURTHER).bytes(0x85, 0xc0);
        branchIf(EQUAL, full);
        bind(look);
        // cmp %r11d, (%rcx)
        out.bytes(0x44, 0x39, 0x19);
        branchIf(EQUAL, hit);
        // cmpl $0, (%rcx)
        out.bytes(0x83, 0x39, 0);
        branchIf(NOT_EQUAL, next);
        // xor %eax, %eax; lock cmpxchg %r11d, (%rcx)
        out.bytes(0x31, 0xc0, 0xf0, 0x44, 0x0f, 0xb1, 0x19);
        branchIf(EQUAL, hit);
        // Another thread was faster, or a signal handler of this one.
        jump(look);
        bind(next);
        // add $COUNTER, %rcx; dec %edx
        out.bytes(0x48, 0x83, 0xc1, COUNTER, 0xff, 0xca);
        branchIf(NOT_EQUAL, look);
        bind(full);
        increment(rest);
        Label end = label();
        jump(end);
        bind(hit);
        countHere();
        bind(end);
        out.restore(RDX, slot(RDX)).restore(R11, slot(R11));
        jump(done);
    }

    /**
     * Sleeps, also when signals interrupt it. A system call changes nothing below the stack pointer.
     *
     * @param call        the number of nanosleep(2)
     * @param interrupted the number of EINTR
     */
    public ProbeCode sleep(int call, int interrupted, int seconds, int nanoseconds) {
        save(RAX, RCX, RSI, RDI, R11);
        int time = -64;
        // movq $seconds, time(%rsp); movq $nanoseconds, time+8(%rsp)
        out.bytes(0x48, 0xc7, 0x44, 0x24, time).int32(seconds);
        out.bytes(0x48, 0xc7, 0x44, 0x24, time + 8).int32(nanoseconds);
        // lea time(%rsp), %rdi; mov %rdi, %rsi: the rest of the time comes in the place of the time
        out.bytes(0x48, 0x8d, 0x7c, 0x24, time, 0x48, 0x89, 0xfe);
        Label again = labels.here();
        // mov $call, %eax; syscall; cmp $-interrupted, %eax
        out.bytes(0xb8).int32(call).bytes(0x0f, 0x05, 0x83, 0xf8, -interrupted);
        return branchIf(EQUAL, again);
    }

    // Around the function

    /** The number of buckets of a histogram. */
    public static final int BUCKETS = AroundCall.LAST_BUCKET + 1;
    /** The size of a histogram in bytes: the sum of ticks, and from 64 on the buckets. */
    public static final int HISTOGRAM = AroundCall.BUCKETS + Long.BYTES * BUCKETS;

    /** The least number of ticks that a bucket of a histogram stands for. */
    public static long ticks(int bucket) {
        int shift = bucket / 4 - 1;
        return bucket < 8 ? bucket : (long) (4 + bucket % 4) << shift;
    }

    /**
     * Calls the function, measures how long it takes, and returns as it does. A call that ends by an exception or longjmp(3)
     * is in no bucket.
     *
     * @param words     how many words of eight bytes callers pass on the stack
     * @param place     offset of the thread's id, four bytes, from the thread pointer
     * @param histogram {@code shards} of them, one after the other
     * @param shards    a power of two
     * @param previous  eight bytes that hold the address of the function
     */
    public ProbeCode time(int words, int place, CodeAddress histogram, int shards, CodeAddress previous) {
        restore();
        new AroundCall(out, labels, this::frame, words, 2 * Long.BYTES, false).time(place, histogram, shards, HISTOGRAM,
                previous);
        return this;
    }

    /**
     * Records the call in a ring: when it returns, or when it begins; in that case the function is entered by a jump.
     *
     * @param words    how many words of eight bytes callers pass on the stack; if the record is that of the beginning, none
     * @param place    offset of the thread's id, four bytes, from the thread pointer
     * @param head     eight bytes, which count the tickets
     * @param slots    so many slots of the record's size
     * @param count    a power of two
     * @param readCall the number of process_vm_readv(2)
     * @param previous eight bytes that hold the address of the function
     */
    public ProbeCode trace(CallRecord calls, int words, int place, CodeAddress head, CodeAddress slots, int count,
            int readCall, CodeAddress previous) {
        restore();
        AroundCall.Ring ring = new AroundCall.Ring(calls, place, head, slots, count, readCall);
        new AroundCall(out, labels, this::frame, words, ring.extra(), calls.hasText()).trace(ring, previous);
        return this;
    }

    /** A function that returns the time stamp counter. */
    public static CodeBytes timeStamp() {
        CodeAddress anywhere = new CodeAddress(0);
        return CodeBytes.at(anywhere, new Assembler(anywhere).endbr64().timeStamp().bytes(0xc3).code().toByteArray());
    }

    // Ends

    /** Returns at once, with the registers of the caller. */
    public ProbeCode leave() {
        restore();
        out.bytes(0xc3);
        return this;
    }

    /** Returns a number. */
    public ProbeCode leave(long value) {
        restore();
        out.load(RAX, value).bytes(0xc3);
        return this;
    }

    /**
     * Sets {@code errno} and returns a number.
     *
     * @param location eight bytes that hold the address of the function that returns the place of {@code errno}
     */
    public ProbeCode fail(CodeAddress location, int errno, long value) {
        restore();
        // sub $FRAME, %rsp: at the call it is a multiple of 16 (psABI 3.2.2)
        out.bytes(0x48, 0x83, 0xec, FRAME);
        frame(8 + FRAME);
        for (int i = 0; i < CALLER_SAVED.length; i++) {
            out.store(CALLER_SAVED[i], 8 * i);
        }
        // call *location(%rip); movl $errno, (%rax)
        out.bytes(0xff, 0x15).displacement(location).bytes(0xc7, 0x00).int32(errno);
        for (int i = 0; i < CALLER_SAVED.length; i++) {
            out.restore(CALLER_SAVED[i], 8 * i);
        }
        out.bytes(0x48, 0x83, 0xc4, FRAME);
        frame(8);
        out.load(RAX, value).bytes(0xc3);
        return this;
    }

    /** Goes on to a function, with the registers of the caller. */
    public ProbeCode jumpTo(CodeAddress slot) {
        restore();
        through(slot);
        return this;
    }

    /**
     * The whole code.
     *
     * @param previous eight bytes that hold the address of the function, to which calls go for which a condition does not hold
     */
    public CodeBytes encode(CodeAddress previous) {
        if (passing.isUsed()) {
            bind(passing);
            for (int register : CONDITION) {
                out.restore(register, slot(register));
            }
        }
        if (passing.isUsed() || unsaved.isUsed()) {
            bind(unsaved);
            through(previous);
        }
        return CodeBytes.at(start, labels.resolved());
    }

    /** Where the frame changes; none where the code has no frame. */
    public List<Frame> frames() {
        return List.copyOf(frames);
    }

    private void frame(int offset) {
        frames.add(new Frame(labels.offset(), offset));
    }

    private void through(CodeAddress slot) {
        out.bytes(0xff, 0x25).displacement(slot);
    }

    /** The place of a register in the red zone. */
    private static int slot(int register) {
        return switch (register) {
            case RAX -> -8;
            case RCX -> -16;
            case RDX -> -24;
            case RSI -> -32;
            case RDI -> -40;
            case R11 -> -48;
            default -> throw new IllegalArgumentException("no place for register " + register);
        };
    }

    private void save(int... registers) {
        for (int register : registers) {
            if (!saved.contains(register)) {
                saved.add(register);
                out.store(register, slot(register));
            }
        }
    }

    private void restore() {
        for (int register : saved) {
            out.restore(register, slot(register));
        }
    }

    private Label label() {
        return labels.label();
    }

    private ProbeCode bind(Label label) {
        labels.bind(label);
        return this;
    }

    private ProbeCode branchIf(int condition, Label label) {
        labels.branchIf(condition, label);
        return this;
    }

    private void jump(Label label) {
        labels.jump(label);
    }
}
