package dev.pulpo.engine.inspect;

import dev.pulpo.engine.StackFrame;
import dev.pulpo.engine.StackProfile;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.code.StackTables;
import dev.pulpo.engine.code.UnwindTables;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.Interruption;
import dev.pulpo.engine.target.LoadedObject;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.ffm.TraceeMemory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Takes stacks again and again, and counts them. Each thread is stopped alone; names are looked up while all run. What is kept
 * is bounded, whatever the process is.
 */
public final class StackSampling {
    private static final int MOST_STACKS = 50_000;
    private static final int MOST_FRAMES = 2_000_000;
    /** Deeper stacks lose their innermost frames. */
    private static final int DEEPEST = 512;
    private static final int MOST_NAMES = 200_000;
    private static final int MOST_THREADS = 200_000;
    /** Code may come from nowhere forever, such as that of a JVM. */
    private static final int MOST_REFRESHES = 32;

    private final TraceeMemory memory;
    private final KnownCode code;
    private final StackTables tables;
    private final Optional<Duration> maxPause;
    private ProcessImage image;
    private Optional<LoadedObject> vdso;
    private int refreshes;
    private boolean outdated;
    private final Map<StackReader.RawFrame, List<StackProfile.Frame>> names = new HashMap<>();
    private final Map<Kind, long[]> counts = new HashMap<>();
    private long frames;
    private long omitted;
    private final Map<Integer, Bill> bills = new HashMap<>();

    /** A stack without its count. */
    private record Kind(String thread, boolean running, List<StackProfile.Frame> frames) {}

    /** What one thread has paid so far. */
    private static final class Bill {
        private String name = "";
        private int stops;
        private long longest;
        private long total;
    }

    /**
     * @param maxPause the longest stop of one thread: what is not unwound by then is left out
     */
    public StackSampling(ProcessImage image, TraceeMemory memory, KnownCode code, Optional<Duration> maxPause) {
        this.image = image;
        this.memory = memory;
        this.code = code;
        this.maxPause = maxPause;
        this.tables = StackOperation.tables(image, memory);
        this.vdso = UnwindTables.vdso(image, memory);
    }

    /**
     * Takes samples until there are enough, the process has ended, or the caller is interrupted.
     *
     * @throws TargetGoneException where it had ended before the first sample
     */
    public StackProfile run(int samples, Duration every) {
        Interruption interruption = Interruption.current();
        String name = ProcFs.name(image.pid());
        long began = System.nanoTime();
        long base = began;
        int late = 0;
        int taken = 0;
        for (long tick = 0; taken < samples && !interruption.isRequested(); tick++) {
            long wait = base + tick * every.toNanos() - System.nanoTime();
            if (wait > 0) {
                interruption.pause(wait);
                if (interruption.isRequested()) {
                    break;
                }
            } else if (tick > 0 && -wait >= every.toNanos() && !every.isZero()) {
                late++;
                continue;
            }
            if (!sampleUnlessGone(taken == 0)) {
                break;
            }
            taken++;
            if (taken == 1) {
                // It has taken longer than others will: debug information is read, and frames are proven.
                base = System.nanoTime();
            }
        }
        if (taken == 0) {
            interruption.check(image.pid());
            throw new TargetGoneException(image.pid(), "it has ended");
        }
        return new StackProfile(image.pid(), name, taken, every, late, Duration.ofNanos(System.nanoTime() - began),
                counts.entrySet().stream()
                        .map(entry -> new StackProfile.Stack(entry.getKey().thread(), entry.getKey().running(),
                                entry.getKey().frames(), entry.getValue()[0]))
                        .sorted(Comparator.comparingLong(StackProfile.Stack::count).reversed()).toList(),
                omitted, cost());
    }

    private List<StackProfile.Cost> cost() {
        return bills.entrySet().stream()
                .map(entry -> new StackProfile.Cost(entry.getKey(), entry.getValue().name, entry.getValue().stops,
                        Duration.ofNanos(entry.getValue().longest), Duration.ofNanos(entry.getValue().total)))
                .sorted(Comparator.comparing(StackProfile.Cost::total).reversed()).toList();
    }

    private boolean sampleUnlessGone(boolean first) {
        try {
            return sample(first);
        } catch (TargetGoneException gone) {
            return false;
        }
    }

    /**
     * Takes one sample.
     *
     * @param first whether to take it again if more frames can be proven now
     * @return false where no thread is left
     */
    private boolean sample(boolean first) {
        if (outdated) {
            outdated = false;
            image = image.again(memory);
            vdso = UnwindTables.vdso(image, memory);
            names.clear();
        }
        Map<Integer, Boolean> running = new HashMap<>();
        List<StackReader.RawStack> stacks;
        boolean learnt;
        do {
            running.clear();
            for (int tid : ProcFs.liveThreads(image.pid())) {
                running.put(tid, ProcFs.state(image.pid(), tid) == 'R');
            }
            if (running.isEmpty() || memory.isGone()) {
                return false;
            }
            stacks = StackOperation.locked(image.pid(), () -> StackOperation.read(image, memory, tables.of(image),
                    running.keySet(), PauseBudget.of(maxPause, 0)));
            stacks.forEach(this::charge);
            learnt = tables.learn(image);
        } while (first && learnt);
        // A thread that the sample before has interrupted in a call may still be on its way back into it.
        stacks.forEach(stack -> count(stack, running.getOrDefault(stack.tid(), false) && !stack.inCall()));
        return true;
    }

    private void charge(StackReader.RawStack stack) {
        if (stack.stopped().isZero()) {
            // It did not stop in time, and goes on.
            return;
        }
        if (bills.size() < MOST_THREADS || bills.containsKey(stack.tid())) {
            Bill bill = bills.computeIfAbsent(stack.tid(), tid -> new Bill());
            long nanos = stack.stopped().toNanos();
            bill.name = stack.name();
            bill.stops++;
            bill.longest = Math.max(bill.longest, nanos);
            bill.total += nanos;
        }
    }

    private void count(StackReader.RawStack stack, boolean running) {
        List<StackProfile.Frame> named = new ArrayList<>();
        if (!stack.obstacle().isEmpty() || !KnownCode.isWhole(stack)) {
            named.add(new StackProfile.Frame(StackProfile.INCOMPLETE, "", false));
        }
        for (int i = stack.frames().size() - 1; i >= 0 && named.size() < DEEPEST; i--) {
            named.addAll(name(stack.frames().get(i)));
        }
        Kind kind = new Kind(stack.name(), running, named);
        long[] known = counts.get(kind);
        if (known != null) {
            known[0]++;
        } else if (counts.size() < MOST_STACKS && frames + named.size() <= MOST_FRAMES) {
            frames += named.size();
            counts.put(kind, new long[]{1});
        } else {
            omitted++;
        }
    }

    /** The functions at an address, the outermost first. */
    private List<StackProfile.Frame> name(StackReader.RawFrame frame) {
        if (names.size() > MOST_NAMES) {
            names.clear();
        }
        return names.computeIfAbsent(frame, unknown -> {
            List<StackFrame> found = code.frames(image, vdso, frame);
            if (found.getFirst().object().isEmpty() && refreshes < MOST_REFRESHES) {
                // An object may have been loaded since.
                refreshes++;
                outdated = true;
            }
            return found.reversed().stream().map(each -> new StackProfile.Frame(each.function(),
                    each.object().substring(each.object().lastIndexOf('/') + 1), each.inlined()))
                    .collect(Collectors.toUnmodifiableList());
        });
    }
}
