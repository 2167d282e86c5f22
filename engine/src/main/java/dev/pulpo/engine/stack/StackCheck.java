package dev.pulpo.engine.stack;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.Step;
import dev.pulpo.elf.cfi.Unwinder;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.target.Mapping;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.ScatteredRead;
import dev.pulpo.ffm.TargetMemory;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Whether a stopped thread is in some code, or will return to it. Two questions, the cheap one first:
 * <ol>
 * <li>Does any word of the thread's live stack point there? If none does, no frame can return there, whatever the frames
 * look like: this needs no call frame information and believes nothing.
 * <li>If one does, it may be left over from an earlier call. Then the stack is walked from frame to frame, by call frame
 * information alone. Where that ends before the thread's first frame, nothing is known and nothing is guessed.
 * </ol>
 *
 * <p>Once it is made nothing is allocated by it. The process has to be stopped, or at least the thread. Not thread-safe.
 */
public final class StackCheck {
    /** What is known of a thread. */
    public enum Verdict {
        /** It is not in the code. */
        CLEAR,
        /** It is, or will return there: see {@link #address} and {@link #zone}. */
        INSIDE,
        /** A walk would tell, and there are no tables to walk with. */
        NEEDS_TABLES,
        /** The walk did not get to the thread's first frame: see {@link #end}. */
        UNKNOWN
    }

    /** Bytes below the stack pointer that a function may use without moving it (psABI 3.2.2). */
    public static final int RED_ZONE = 128;

    /** Longer live stacks are walked at once: reading them takes longer than that. */
    static final long MOST_BYTES = 64 * 1024;
    private static final int MOST_FRAMES = 100_000;
    private static final int KEPT_FRAMES = 64;
    /** How many frames are followed between two looks at the clock: one less than a power of two. */
    private static final int FRAMES_BETWEEN_LOOKS = 63;
    private static final int STACK_POINTER_AND_PROGRAM_COUNTER = 1 << DwarfRegisters.RSP | 1 << DwarfRegisters.RIP;

    private final ProcessImage image;
    private final CodeRanges zones;
    private final long zonesStart;
    private final long zonesSpan;
    private final long mainStackEnd;
    private final StackWindow window;
    private final ScatteredRead words;
    private final @Nullable Unwinder unwinder;
    private final long[] registers = new long[DwarfRegisters.COUNT];
    private final long[] frames = new long[KEPT_FRAMES];
    private int frameCount;
    private int blockingFrame = -1;
    private boolean wholeStacks;
    private long address;
    private int zone;
    private Step end = Step.OUTERMOST;
    private PauseBudget budget = PauseBudget.unlimited();

    /**
     * @param zones  the code that is asked about
     * @param tables see {@link UnwindTables}; empty where they have not been made
     */
    public StackCheck(ProcessImage image, TargetMemory memory, CodeRanges zones, Optional<CfiMap> tables, Arena arena) {
        this.image = image;
        this.zones = zones;
        // A return address may be the one behind the end, where a call is a function's last instruction.
        zonesStart = zones.start();
        zonesSpan = zones.isEmpty() ? 0 : zones.end() + 1 - zonesStart;
        mainStackEnd = image.map().mappings().stream().filter(mapping -> mapping.path().equals("[stack]"))
                .map(Mapping::end).findFirst().map(end -> end.value()).orElse(0L);
        window = new StackWindow(memory, arena);
        words = new ScatteredRead(MOST_BYTES, arena);
        unwinder = tables.map(map -> Unwinder.strict(map, window)).orElse(null);
    }

    /** To be called whenever the process may have run since the last question. */
    public void begin() {
        begin(PauseBudget.unlimited());
    }

    /** As the other; walks end, as {@link Verdict#UNKNOWN}, when the budget is spent. */
    void begin(PauseBudget most) {
        budget = most;
        window.forget();
    }

    /**
     * Whether stacks on which something was found are followed to their end, as far as frames are kept: for a report. It
     * takes longer.
     */
    void wholeStacks(boolean whole) {
        wholeStacks = whole;
    }

    /** Judges one stopped thread. */
    public Verdict judge(int tid, Registers thread) {
        if (zones.isEmpty()) {
            return Verdict.CLEAR;
        }
        long length = liveLength(tid, thread);
        if (length > 0) {
            window.forget();
            words.clear();
            words.add(liveStart(thread), length);
            words.read(tid);
            if (words.isComplete(0)) {
                if (isClear(tid, thread, words.bytes(), 0, length)) {
                    return Verdict.CLEAR;
                }
                window.adopt(liveStart(thread), words.bytes(), length);
            }
        }
        return walk(tid, thread);
    }

    /** Whether there is nothing that a thread could be in. */
    boolean isIdle() {
        return zones.isEmpty();
    }

    /** Where the live part of a thread's stack begins. */
    static long liveStart(Registers thread) {
        return thread.rsp() & -8;
    }

    /**
     * How many bytes from {@link #liveStart} on contain the whole live stack, or 0 where that is not known or they are too
     * many. The kernel puts the main thread's stack where the map says so. For other threads glibc and musl put the control
     * block, to which the thread pointer points, at the end of the stack: whatever else lies between stack pointer and
     * control block, if all of it is there to read then the live stack is part of it. The first word of the block is read,
     * too, see {@link #isClear}.
     */
    long liveLength(int tid, Registers thread) {
        if (zones.find(thread.rip()) >= 0) {
            return 0;
        }
        long end = tid == image.pid() ? mainStackEnd : thread.fsBase() + Long.BYTES;
        long length = end - liveStart(thread);
        return length > 0 && length <= MOST_BYTES && (end & 7) == 0 ? length : 0;
    }

    /**
     * Whether no word of a live stack points into the code that is asked about, or just behind it.
     *
     * @param bytes  holds what was read
     * @param offset where in it
     * @param length see {@link #liveLength}
     */
    boolean isClear(int tid, Registers thread, MemorySegment bytes, long offset, long length) {
        // A control block begins with its own address (ELF Handling For Thread-Local Storage, 3.4.6).
        if (tid != image.pid()
                && bytes.get(ValueLayout.JAVA_LONG, offset + length - Long.BYTES) != thread.fsBase()) {
            return false;
        }
        for (long at = offset; at < offset + length; at += Long.BYTES) {
            long word = bytes.get(ValueLayout.JAVA_LONG, at);
            if (Long.compareUnsigned(word - zonesStart, zonesSpan) < 0
                    && (zones.find(word) >= 0 || zones.find(word - 1) >= 0)) {
                return false;
            }
        }
        return true;
    }

    /** Follows the frames of a thread. */
    Verdict walk(int tid, Registers thread) {
        thread.copyTo(registers);
        return walk(tid, DwarfRegisters.ALL);
    }

    /** Follows the frames of a thread of which no more is known than its stack pointer and program counter. */
    public Verdict walk(int tid, long stackPointer, long programCounter) {
        if (zones.isEmpty()) {
            return Verdict.CLEAR;
        }
        registers[DwarfRegisters.RSP] = stackPointer;
        registers[DwarfRegisters.RIP] = programCounter;
        return walk(tid, STACK_POINTER_AND_PROGRAM_COUNTER);
    }

    private Verdict walk(int tid, int known) {
        frameCount = 0;
        blockingFrame = -1;
        if (isKernelWorker(tid)) {
            return Verdict.CLEAR;
        }
        Unwinder walker = unwinder;
        if (isInside(registers[DwarfRegisters.RIP])) {
            keep(registers[DwarfRegisters.RIP]);
            blockingFrame = 0;
            if (wholeStacks && walker != null) {
                walker.start(registers, known);
                keepCallers(walker);
            }
            return Verdict.INSIDE;
        }
        if (walker == null) {
            return Verdict.NEEDS_TABLES;
        }
        walker.start(registers, known);
        for (int i = 0; i < MOST_FRAMES
                && !((i & FRAMES_BETWEEN_LOOKS) == FRAMES_BETWEEN_LOOKS && budget.isSpent()); i++) {
            keep(walker.codeAddress());
            if (isInside(walker.codeAddress())) {
                blockingFrame = i < KEPT_FRAMES ? i : -1;
                if (wholeStacks) {
                    keepCallers(walker);
                }
                return Verdict.INSIDE;
            }
            Step step = walker.step();
            if (step == Step.OUTERMOST) {
                return Verdict.CLEAR;
            }
            if (step != Step.CALLER) {
                address = walker.pc();
                end = step;
                blockingFrame = i < KEPT_FRAMES ? i : -1;
                return Verdict.UNKNOWN;
            }
        }
        address = walker.pc();
        end = Step.CALLER;
        return Verdict.UNKNOWN;
    }

    /** The kernel gives its workers no stack and no program counter (copy_thread of arch/x86/kernel/process.c). */
    private boolean isKernelWorker(int tid) {
        return registers[DwarfRegisters.RSP] == 0 && registers[DwarfRegisters.RIP] == 0
                && ProcFs.isKernelWorker(image.pid(), tid);
    }

    private void keep(long code) {
        if (frameCount < KEPT_FRAMES) {
            frames[frameCount++] = code;
        }
    }

    /** What lies behind a finding is of interest to people only: where it cannot be followed, it ends there. */
    private void keepCallers(Unwinder walker) {
        while (frameCount < KEPT_FRAMES && walker.step() == Step.CALLER) {
            keep(walker.codeAddress());
        }
    }

    private boolean isInside(long code) {
        int found = zones.find(code);
        if (found >= 0) {
            address = code;
            zone = found;
        }
        return found >= 0;
    }

    /** After {@link Verdict#INSIDE} the address inside; after {@link Verdict#UNKNOWN} where the walk ended. */
    public long address() {
        return address;
    }

    /** After {@link Verdict#INSIDE} the number of the range, for {@link CodeRanges#name}. */
    public int zone() {
        return zone;
    }

    /** After {@link Verdict#UNKNOWN} why the walk ended. */
    public Step end() {
        return end;
    }

    /** How many frames the last walk passed, as far as they are kept. */
    public int frameCount() {
        return frameCount;
    }

    /** Which frame of the last walk its verdict is about, or -1 where that is none of those that are kept. */
    public int blockingFrame() {
        return blockingFrame;
    }

    /** An address inside the code of a frame of the last walk, the innermost first. */
    public long frame(int index) {
        return frames[index];
    }
}
