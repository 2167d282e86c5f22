package dev.pulpo.x86;

import java.util.List;
import java.util.function.IntConsumer;

/**
 * Writes code that has a frame, calls the function from it, and sees it return:
 *
 * <pre>
 *   rsp + 0         copies of the words that the caller passes on the stack
 *       + room      registers, rax first
 *       + ...       when the call began, and what else is kept until it returns
 *       + FRAME     return address into the caller; its arguments on the stack
 * </pre>
 *
 * <p>The frame is one like that of every other function: exceptions and unwinders pass through it by its call frame
 * information, longjmp(3) drops it, and returns match calls, as shadow stacks require. It moves the stack pointer by a multiple
 * of 64, so that arguments on the stack keep their alignment (psABI 3.2.3). The code keeps all registers but the flags, before
 * the call and after it: vectors, x87 and the direction flag are not touched.
 */
final class AroundCall {
    /** A histogram: the sum of ticks, and how many calls took how long. */
    static final int SUM = 0;
    static final int BUCKETS = 64;
    static final int LAST_BUCKET = 247;

    private static final int RAX = 0;
    private static final int RCX = 1;
    private static final int RDX = 2;
    private static final int RSI = 6;
    private static final int RDI = 7;
    private static final int R8 = 8;
    private static final int R9 = 9;
    private static final int R10 = 10;
    private static final int R11 = 11;
    /** What the code needs, and what a system call changes. */
    private static final List<Integer> FEW = List.of(RAX, RCX, RDX, RDI);
    private static final List<Integer> MANY = List.of(RAX, RCX, RDX, RDI, RSI, R8, R9, R10, R11);
    private static final int ALIGNMENT = 64;

    private static final int ABOVE_OR_EQUAL = 3;
    private static final int NOT_EQUAL = 5;
    private static final int BELOW_OR_EQUAL = 6;

    private final Assembler out;
    private final Labels labels;
    private final IntConsumer frame;
    private final int words;
    private final List<Integer> kept;
    private final int size;

    /**
     * @param frame gets the distance of the canonical frame address from the stack pointer whenever that changes
     * @param words how many words of eight bytes callers pass on the stack
     * @param extra how many bytes are kept until the function returns
     * @param calls whether the code makes system calls
     */
    AroundCall(Assembler out, Labels labels, IntConsumer frame, int words, int extra, boolean calls) {
        this.out = out;
        this.labels = labels;
        this.frame = frame;
        this.words = words;
        this.kept = calls ? MANY : FEW;
        int used = 8 * words + 8 * kept.size() + extra + 8;
        size = (used + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT - 8;
    }

    /** Where what is kept begins, from the stack pointer on. */
    private int extra() {
        return 8 * words + 8 * kept.size();
    }

    private int place(int register) {
        return 8 * words + 8 * kept.indexOf(register);
    }

    private void save() {
        kept.forEach(register -> out.store(register, place(register)));
    }

    private void restore() {
        kept.forEach(register -> out.restore(register, place(register)));
    }

    private void open() {
        move(-size);
        frame.accept(size + 8);
        save();
    }

    private void close() {
        restore();
        move(size);
        frame.accept(8);
    }

    /** {@code lea by(%rsp), %rsp}. */
    private void move(int by) {
        out.bytes(0x48, 0x8d, 0xa4, 0x24).int32(by);
    }

    /** Calls the function, with the registers and the arguments of its caller. */
    private void call(CodeAddress previous, int begun) {
        for (int i = 0; i < words; i++) {
            out.restore(RAX, size + 8 + 8 * i).store(RAX, 8 * i);
        }
        out.timeStamp().store(RAX, begun);
        restore();
        out.bytes(0xff, 0x15).displacement(previous);
        save();
        // movq $0, -8(%rsp): no dead word shall seem to be a return address into this code, which would keep it loaded.
        out.bytes(0x48, 0xc7, 0x44, 0x24, -8).int32(0);
    }

    /** The ticks since the call began, into rax; 0 where the counters of two processors disagree. */
    private void lasted(int begun) {
        Labels.Label forward = labels.label();
        out.timeStamp();
        // sub begun(%rsp), %rax
        out.bytes(0x48, 0x2b, 0x84, 0x24).int32(begun);
        labels.branchIf(ABOVE_OR_EQUAL, forward);
        out.bytes(0x31, 0xc0);
        labels.bind(forward);
    }

    /**
     * Adds how long the call took to a histogram: two bits behind the highest one choose among four buckets for each power of
     * two.
     *
     * @param thread    offset of the thread's id, four bytes, from the thread pointer
     * @param histogram of the first shard; threads are spread over the shards, so that few share a cache line
     * @param shards    a power of two
     * @param shard     the size of a shard: a power of two
     */
    void time(int thread, CodeAddress histogram, int shards, int shard, CodeAddress previous) {
        int begun = extra();
        int where = begun + 8;
        open();
        out.threadWord(thread);
        // and $shards-1, %eax; shl $log2, %eax: the distance of the shard, not its address, which would stay in a dead frame
        out.bytes(0x25).int32(shards - 1L).bytes(0xc1, 0xe0, Integer.numberOfTrailingZeros(shard)).store(RAX, where);
        call(previous, begun);
        lasted(begun);
        address(RDI, histogram);
        // add where(%rsp), %rdi
        out.bytes(0x48, 0x03, 0xbc, 0x24).int32(where);
        // lock add %rax, SUM(%rdi)
        out.bytes(0xf0, 0x48, 0x01, 0x47, SUM);
        // mov %rax, %rdx; or $4, %rdx; bsr %rdx, %rcx; sub $2, %ecx; shr %cl, %rax; lea (%rax,%rcx,4), %rcx
        out.bytes(0x48, 0x89, 0xc2, 0x48, 0x83, 0xca, 4, 0x48, 0x0f, 0xbd, 0xca, 0x83, 0xe9, 2);
        out.bytes(0x48, 0xd3, 0xe8, 0x48, 0x8d, 0x0c, 0x88);
        Labels.Label fits = labels.label();
        // cmp $LAST, %ecx; mov $LAST, %ecx
        out.bytes(0x81, 0xf9).int32(LAST_BUCKET);
        labels.branchIf(BELOW_OR_EQUAL, fits);
        out.bytes(0xb9).int32(LAST_BUCKET);
        labels.bind(fits);
        // lock incq BUCKETS(%rdi,%rcx,8)
        out.bytes(0xf0, 0x48, 0xff, 0x44, 0xcf, BUCKETS);
        close();
        out.bytes(0xc3);
    }

    /** {@code lea place(%rip), register}. */
    private void address(int register, CodeAddress place) {
        out.bytes(0x48, 0x8d, register << 3 | 5).displacement(place);
    }

    /** What a record of calls needs. */
    record Ring(CallRecord calls, int thread, CodeAddress head, CodeAddress slots, int count,
            int readCall) {
        /** Bytes that a frame keeps: time, arguments, texts; two vectors for reading texts. */
        int extra() {
            return calls.size() + IOVECS;
        }
    }

    /** One local vector and two remote ones (process_vm_readv(2)). */
    private static final int IOVECS = 3 * 16;

    /**
     * Records the call in a ring. What is recorded lies in the frame as it will lie in the slot. A slot that another thread is
     * still writing, because the ring has gone round meanwhile, is left to it: this record is lost, and whoever reads misses
     * its ticket.
     */
    void trace(Ring ring, CodeAddress previous) {
        CallRecord calls = ring.calls;
        int slot = extra();
        open();
        for (int i = 0; i < calls.arguments().size(); i++) {
            value(calls.arguments().get(i), slot + calls.argument(i));
        }
        for (int i = 0; i < calls.arguments().size(); i++) {
            if (calls.arguments().get(i).isText()) {
                text(ring, slot + calls.argument(i), slot + calls.text(i));
            }
        }
        if (calls.isComplete()) {
            call(previous, slot + CallRecord.STARTED);
            lasted(slot + CallRecord.STARTED);
            out.store(RAX, slot + CallRecord.LASTED);
            CallRecord.Place result = calls.result().orElseThrow();
            value(result, slot + CallRecord.RESULT);
            if (result.isText()) {
                text(ring, slot + CallRecord.RESULT, slot + calls.resultText());
            }
        } else {
            out.timeStamp().store(RAX, slot + CallRecord.STARTED);
        }
        out.threadWord(ring.thread).store(RAX, slot + CallRecord.THREAD);
        publish(ring, slot);
        close();
        if (calls.isComplete()) {
            out.bytes(0xc3);
        } else {
            out.bytes(0xff, 0x25).displacement(previous);
        }
    }

    /** A value as it was when the function began or has returned, into the frame. */
    private void value(CallRecord.Place place, int to) {
        switch (place) {
            case CallRecord.Place.General general -> {
                if (kept.contains(general.register())) {
                    out.restore(RAX, place(general.register())).store(RAX, to);
                } else {
                    out.store(general.register(), to);
                }
            }
            // movsd %xmm, to(%rsp)
            case CallRecord.Place.Vector vector ->
                out.bytes(0xf2, 0x0f, 0x11, 0x84 | vector.register() << 3, 0x24).int32(to);
            case CallRecord.Place.Stack stack ->
                out.restore(RAX, size + 8 + 8 * stack.word()).store(RAX, to);
        }
    }

    /**
     * Reads the beginning of a text by process_vm_readv(2) from the process itself, which tells a bad address by an error
     * instead of a signal. The text is divided where its first page ends, because the next one may not be mapped: "a partial
     * transfer does not split an element".
     */
    private void text(Ring ring, int from, int to) {
        int vectors = extra() + ring.calls.size();
        // lea to+8(%rsp), %rax; the local vector
        out.bytes(0x48, 0x8d, 0x84, 0x24).int32(to + 8).store(RAX, vectors);
        constant(CallRecord.TEXT, vectors + 8);
        // mov from(%rsp), %rax; mov %eax, %edx; or $-4096, %rdx; neg %rdx: how much of the page is left
        out.restore(RAX, from).store(RAX, vectors + 16);
        out.bytes(0x48, 0x89, 0xc2, 0x48, 0x81, 0xca).int32(-4096).bytes(0x48, 0xf7, 0xda);
        Labels.Label fits = labels.label();
        // mov $TEXT, %ecx; cmp %rcx, %rdx; mov %rdx, %rcx
        out.bytes(0xb9).int32(CallRecord.TEXT).bytes(0x48, 0x39, 0xca);
        labels.branchIf(ABOVE_OR_EQUAL, fits);
        out.bytes(0x48, 0x89, 0xd1);
        labels.bind(fits);
        // add %rcx, %rax: the rest; neg %rcx; add $TEXT, %rcx
        out.store(RCX, vectors + 24).bytes(0x48, 0x01, 0xc8).store(RAX, vectors + 32);
        out.bytes(0x48, 0xf7, 0xd9, 0x48, 0x83, 0xc1, CallRecord.TEXT).store(RCX, vectors + 40);
        // The kernel takes the id of any thread of a process.
        out.threadWord(ring.thread);
        // mov %eax, %edi; lea vectors(%rsp), %rsi; lea vectors+16(%rsp), %r10
        out.bytes(0x89, 0xc7, 0x48, 0x8d, 0xb4, 0x24).int32(vectors);
        out.bytes(0x4c, 0x8d, 0x94, 0x24).int32(vectors + 16);
        // mov $1, %edx; mov $2, %r8d; xor %r9d, %r9d; mov $call, %eax; syscall
        out.bytes(0xba).int32(1).bytes(0x41, 0xb8).int32(2).bytes(0x45, 0x31, 0xc9, 0xb8).int32(ring.readCall)
                .bytes(0x0f, 0x05).store(RAX, to);
    }

    /** {@code movq $value, to(%rsp)}. */
    private void constant(int value, int to) {
        out.bytes(0x48, 0xc7, 0x84, 0x24).int32(to).int32(value);
    }

    private void publish(Ring ring, int slot) {
        Labels.Label lost = labels.label();
        // mov $1, %ecx; lock xadd %rcx, head(%rip): the ticket
        out.bytes(0xb9).int32(1).bytes(0xf0, 0x48, 0x0f, 0xc1, 0x0d).displacement(ring.head);
        // mov %rcx, %rdi; and $count-1, %edi; shl $log2, %rdi; lea slots(%rip), %rdx; add %rdx, %rdi
        out.bytes(0x48, 0x89, 0xcf, 0x81, 0xe7).int32(ring.count - 1L);
        out.bytes(0x48, 0xc1, 0xe7, Integer.numberOfTrailingZeros(ring.calls.size()));
        address(RDX, ring.slots);
        out.bytes(0x48, 0x01, 0xd7);
        // lea 3(%rcx,%rcx), %rcx: being written; mov (%rdi), %rax
        out.bytes(0x48, 0x8d, 0x4c, 0x09, 3, 0x48, 0x8b, 0x07);
        // test $1, %al; cmp %rcx, %rax
        out.bytes(0xa8, 1);
        labels.branchIf(NOT_EQUAL, lost);
        out.bytes(0x48, 0x39, 0xc8);
        labels.branchIf(ABOVE_OR_EQUAL, lost);
        // lock cmpxchg %rcx, (%rdi)
        out.bytes(0xf0, 0x48, 0x0f, 0xb1, 0x0f);
        labels.branchIf(NOT_EQUAL, lost);
        for (int at = CallRecord.STARTED; at < ring.calls.used(); at += Long.BYTES) {
            // mov %rdx, at(%rdi)
            out.restore(RDX, slot + at).bytes(0x48, 0x89, 0x97).int32(at);
        }
        // dec %rcx; mov %rcx, (%rdi): stores come into force in their order (SDM volume 3, 9.2.2)
        out.bytes(0x48, 0xff, 0xc9, 0x48, 0x89, 0x0f);
        labels.bind(lost);
    }
}
