package dev.pulpo.engine.inspect;

import dev.pulpo.elf.cfi.CfiMap;
import dev.pulpo.elf.cfi.Step;
import dev.pulpo.elf.cfi.UnwindEnd;
import dev.pulpo.elf.cfi.Unwinder;
import dev.pulpo.elf.expression.DwarfRegisters;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.stack.StackWindow;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.trace.ThreadStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SystemCalls;
import dev.pulpo.ffm.TraceeMemory;
import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Unwinds the stacks of threads, each while it is stopped. For the tracer thread. */
final class StackReader {
    static final int MOST_FRAMES = 10_000;
    /** After so many frames the budget is looked at. */
    private static final int FRAMES_BETWEEN_LOOKS = 16;

    private final int pid;
    private final TracerThread.Tools tools;
    private final TraceeMemory memory;
    private final StackWindow stack;
    private final @Nullable Capture capture;
    private final Unwinder unwinder;
    private PauseBudget budget = PauseBudget.unlimited();
    /** Whether the budget has ended the last walk. */
    private boolean cut;
    private final long[] registers = new long[DwarfRegisters.COUNT];
    private final long[] pcs = new long[MOST_FRAMES];
    private final long[] code = new long[MOST_FRAMES];
    private final boolean[] signal = new boolean[MOST_FRAMES];

    /**
     * A stack as addresses.
     *
     * @param name     of the thread
     * @param frames   innermost first
     * @param end      why the stack ends; empty where the thread did not stop, or has too many frames
     * @param stopped  how long the thread was stopped
     * @param obstacle why the stack is unknown or incomplete; empty where {@code end} tells
     * @param inCall   whether the stop interrupted a system call
     * @param snapshot for the values of variables, if requested
     */
    record RawStack(int tid, String name, List<RawFrame> frames, Optional<UnwindEnd> end, Duration stopped,
            String obstacle, boolean inCall, Optional<Snapshot> snapshot) {
        public RawStack {
            frames = List.copyOf(frames);
        }

        static RawStack unknown(int tid, String name, Duration stopped, String obstacle) {
            return new RawStack(tid, name, List.of(), Optional.empty(), stopped, obstacle, false, Optional.empty());
        }
    }

    /**
     * A frame as addresses.
     *
     * @param pc     where it continues
     * @param code   an address inside the executing instruction
     * @param signal whether it is the trampoline that a signal handler returns to
     */
    record RawFrame(RemoteAddress pc, RemoteAddress code, boolean signal) {}

    /** @param capture for the values of variables; null for none */
    StackReader(int pid, TracerThread.Tools tools, CfiMap tables, TraceeMemory memory, Arena arena,
            @Nullable Capture capture) {
        this.capture = capture;
        this.pid = pid;
        this.tools = tools;
        this.memory = memory;
        stack = new StackWindow(memory, arena);
        unwinder = new Unwinder(tables, stack);
    }

    /** Limits the stop of each thread: it is released with the frames that are known by then. */
    StackReader within(PauseBudget limit) {
        budget = limit;
        return this;
    }

    /** The stacks of all live threads, one after the other. */
    List<RawStack> readAll() {
        List<RawStack> stacks = new ArrayList<>();
        for (int tid : ProcFs.liveThreads(pid)) {
            read(tid, List.of()).ifPresent(stacks::add);
        }
        return stacks;
    }

    /**
     * The stack of one thread; empty where it has ended.
     *
     * @param wanted memory to read besides the stack
     */
    Optional<RawStack> read(int tid, List<Snapshot.Range> wanted) {
        String name = ProcFs.name(pid, tid);
        if (capture != null) {
            capture.want(wanted);
        }
        return switch (ThreadStop.of(pid, tid, memory, tools)) {
            case ThreadStop.Attempt.Gone gone -> Optional.empty();
            case ThreadStop.Attempt.Late late -> Optional.of(RawStack.unknown(tid, name, Duration.ZERO, late.reason()));
            case ThreadStop.Attempt.Stopped stopped -> unwind(tid, name, stopped.stop());
        };
    }

    private Optional<RawStack> unwind(int tid, String name, ThreadStop stop) {
        int frames;
        boolean inCall;
        budget.begin(stop.began());
        try (stop) {
            if (!stop.readRegisters(tools.saved())) {
                return Optional.empty();
            }
            if (!tools.saved().isLongMode()) {
                return Optional.of(RawStack.unknown(tid, name, stop.duration(), "it runs 32-bit code"));
            }
            inCall = SystemCalls.isUnfinished(tools.saved());
            frames = walk();
            if (capture != null) {
                capture.readMemory(tid, tools.ptrace(), tools.saved(), frames);
            }
        }
        boolean whole = frames < MOST_FRAMES && !cut;
        List<RawFrame> found = IntStream.range(0, frames)
                .mapToObj(i -> new RawFrame(new RemoteAddress(pcs[i]), new RemoteAddress(code[i]), signal[i])).toList();
        return Optional.of(new RawStack(tid, name, found,
                whole ? Optional.of(unwinder.end()) : Optional.empty(), stop.duration(),
                whole
                        ? ""
                        : cut
                                ? "the pause would have been too long"
                                : "it has more than " + MOST_FRAMES + " frames",
                inCall, Optional.ofNullable(capture).map(taken -> taken.snapshot(frames))));
    }

    /** Allocates nothing: the thread is stopped. */
    private int walk() {
        tools.saved().copyTo(registers);
        stack.forget();
        unwinder.start(registers);
        int frames = 0;
        boolean more;
        cut = false;
        do {
            pcs[frames] = unwinder.pc();
            code[frames] = unwinder.codeAddress();
            if (capture != null) {
                capture.frame(frames, unwinder);
            }
            more = unwinder.step() == Step.CALLER;
            if (more && capture != null) {
                capture.left(frames, unwinder);
            }
            signal[frames++] = more && unwinder.leftSignalFrame();
            if (more && frames % FRAMES_BETWEEN_LOOKS == 0 && budget.isSpent()) {
                cut = true;
            }
        } while (more && frames < MOST_FRAMES && !cut);
        return frames;
    }
}
