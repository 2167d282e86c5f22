package dev.pulpo.engine.reach;

import dev.pulpo.engine.HeldWord;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.code.CodeRanges;
import dev.pulpo.engine.registry.Registry;
import dev.pulpo.engine.session.Session;
import dev.pulpo.engine.stack.PauseBudget;
import dev.pulpo.engine.target.MemoryMap;
import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.engine.target.ProcessImage;
import dev.pulpo.engine.trace.ProcessStop;
import dev.pulpo.engine.trace.TracerThread;
import dev.pulpo.ffm.MemorySharers;
import dev.pulpo.ffm.Registers;
import dev.pulpo.ffm.RemoteAddress;
import dev.pulpo.ffm.SignalFrame;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Whether anything could still lead into patches that are out of force: any register of a thread, any word of memory. It is
 * read twice:
 *
 * <ol>
 * <li>while the process runs. That finds most of what holds a patch, and measures how long reading takes;
 * <li>in a stop, with all registers. Nothing can be copied meanwhile from what has not been read to what has, so what is not
 * found is not there, and no thread can come by it later.
 * </ol>
 *
 * <p>If reading takes longer than a stop may last, the stop reads the registers, the stacks that threads are on, and
 * the pages where anything was found before; all memory is read before the stop and after it, and then there is another
 * such stop. A value would have to move each time from what is not yet read to what has been, never being in a register or on a stack
 * at either stop.
 */
final class Reachability {
    /** The longest stop, unless another limit is asked for. */
    private static final Duration LONGEST_STOP = Duration.ofMillis(20);
    /** The longest time to read all memory once while the process runs. */
    private static final Duration LONGEST_READ = Duration.ofSeconds(20);
    private static final long STOP_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
    /** {@code pointer_guard} of {@code tcbhead_t} (glibc, sysdeps/x86_64/nptl/tls.h). */
    private static final int POINTER_GUARD = 0x30;
    /** The control words of FXSAVE, with the address of the last x87 instruction (SDM volume 1, table 10-2). */
    private static final int VECTORS = 32;
    private static final String[] REGISTERS = {"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8",
            "rax",
            "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip"};

    private final Session session;
    private final Holders holders;
    private final PointerSearch search;
    private final CodeRanges skip;
    private final Optional<Duration> maxPause;

    private Reachability(Session session, Holders holders, Optional<Duration> maxPause) {
        this.session = session;
        this.holders = holders;
        this.maxPause = maxPause;
        search = new PointerSearch(holders.ranges());
        skip = holders.skipped(session.image(), session.ledger().now());
    }

    /**
     * What could lead into these patches.
     *
     * @param records out of force, and loaded; at least one
     * @param most    the longest stop of the process; empty for a default
     */
    static List<HeldWord> into(Session session, List<Registry.StoredRecord> records, Optional<Duration> most) {
        ProcessImage image = session.refreshImage();
        return new Reachability(session, new Holders(records, image, session.memory()), most).look();
    }

    private List<HeldWord> look() {
        return session.onTracer(tools -> {
            ProcessImage image = session.image();
            try (Arena arena = Arena.ofConfined();
                    MemoryScan scan = new MemoryScan(image.pid(), image.tid(), session.memory(), arena);
                    MemorySharers sharers = new MemorySharers(image.pid(), arena)) {
                Look look = new Look(tools, scan, sharers, arena);
                look.all();
            }
            return holders.found();
        });
    }

    private MemoryMap mapNow() {
        return MemoryMap.read(session.pid(), session.image().tid(), session.memory());
    }

    /** One look at the process, of several stops at most. For the tracer thread. */
    private final class Look {
        private final TracerThread.Tools tools;
        private final MemoryScan scan;
        private final MemorySharers sharers;
        private final MemorySegment vectors;
        private final DeadStacks dead;
        private final long limit = maxPause.orElse(LONGEST_STOP).toNanos();
        /** Copies of what was found, which outlive the search. */
        private long[] addresses = new long[0];
        private long[] values = new long[0];
        private List<CodeRanges.Range> zones = List.of();
        private final Set<RemoteAddress> alive = new LinkedHashSet<>();
        private boolean finished;

        Look(TracerThread.Tools tools, MemoryScan scan, MemorySharers sharers, Arena arena) {
            this.tools = tools;
            this.scan = scan;
            this.sharers = sharers;
            vectors = arena.allocate(SignalFrame.XSTATE_MAX, 64);
            dead = new DeadStacks(session.memory(), arena);
        }

        void all() {
            for (long value : ProcFs.timerValues(session.pid())) {
                if (value != 0) {
                    holders.add("what a timer passes to its handler", 0, value);
                }
            }
            long nanos = read();
            boolean fits = nanos < limit / 2;
            stop(fits);
            if (fits || !holders.found().isEmpty()) {
                return;
            }
            read();
            stop(false);
            findWaysIntoStacks();
        }

        /** Looks in all memory for what points into stacks with old words, while the process runs. */
        private void findWaysIntoStacks() {
            if (zones.isEmpty() || !holders.found().isEmpty()) {
                return;
            }
            scan.look(mapNow(), skip);
            PointerSearch into = new PointerSearch(zones);
            search.guard().ifPresent(into::demangle);
            scan.search(into, PauseBudget.unlimited());
            noteAlive(into);
            judge();
        }

        /** Reads all memory while the process runs, and notes what it finds. Returns how long it took. */
        private long read() {
            scan.look(mapNow(), skip);
            search.clear();
            PauseBudget budget = PauseBudget.of(Optional.of(LONGEST_READ), 1);
            budget.begin();
            long began = System.nanoTime();
            scan.search(search, budget);
            long nanos = System.nanoTime() - began;
            if (budget.isSpent()) {
                holders.add("memory that took too long to read", 0, 0);
            }
            keep();
            return nanos;
        }

        private void keep() {
            addresses = new long[search.count()];
            values = new long[search.count()];
            for (int i = 0; i < addresses.length; i++) {
                addresses[i] = search.address(i);
                values[i] = search.value(i);
            }
        }

        /** @param whole whether to read all memory in the stop */
        private void stop(boolean whole) {
            ProcessStop stop = new ProcessStop(session.pid(), tools);
            PauseBudget budget = PauseBudget.of(Optional.of(maxPause.orElse(LONGEST_STOP.multipliedBy(5))), 0);
            ProcessStop.StopResult result;
            finished = false;
            dead.clear();
            try (stop) {
                stop.prepare(session.memory());
                result = stop.stop(System.nanoTime() + STOP_NANOS, budget);
                if (result == ProcessStop.StopResult.STOPPED) {
                    inStop(stop, whole, budget);
                    finished = !budget.isSpent();
                }
            }
            if (result == ProcessStop.StopResult.REPLACED) {
                throw new TargetGoneException(session.pid(), "it has executed another program");
            }
            if (!finished) {
                holders.add("memory that could not be read in a stop so short", 0, 0);
            }
            judge();
        }

        private void inStop(ProcessStop stop, boolean whole, PauseBudget budget) {
            MemoryMap map = mapNow();
            List<RemoteAddress> on = new ArrayList<>();
            for (int i = 0; i < stop.size(); i++) {
                if (stop.isInVfork(i)) {
                    holders.add("thread " + stop.tid(i)
                            + ", whose registers cannot be read while it waits for a child of vfork",
                            0, 0);
                } else if (stop.isStopped(i) && stop.readRegisters(i)) {
                    Registers registers = stop.registers(i);
                    dead.add(registers, map);
                    on.add(new RemoteAddress(registers.rsp()));
                    registers(stop.tid(i), registers);
                }
            }
            int sharer = sharers.find();
            if (sharer != 0) {
                holders.add("process " + sharer + ", which shares the memory", 0, 0);
            }
            if (whole) {
                scan.look(map, skip);
            } else {
                for (long address : addresses) {
                    on.add(new RemoteAddress(address));
                }
                scan.look(map, skip, on);
            }
            search.clear();
            scan.search(search, budget);
            keep();
            for (long address : addresses) {
                dead.mayBeDead(address, map);
            }
            zones = dead.zones();
            if (!zones.isEmpty()) {
                PointerSearch intoStacks = new PointerSearch(zones);
                search.guard().ifPresent(intoStacks::demangle);
                scan.search(intoStacks, budget);
                noteAlive(intoStacks);
                for (int i = 0; i < stop.size(); i++) {
                    if (stop.isStopped(i)) {
                        intoStacks.clear();
                        scan.searchBytes(intoStacks, stop.registers(i).bytes(), (long) REGISTERS.length * Long.BYTES);
                        for (int j = 0; j < intoStacks.count(); j++) {
                            alive.add(new RemoteAddress(intoStacks.value(j)));
                        }
                    }
                }
            }
        }

        private void noteAlive(PointerSearch intoStacks) {
            for (int i = 0; i < intoStacks.count(); i++) {
                if (!dead.isOwn(intoStacks.address(i))) {
                    alive.add(new RemoteAddress(intoStacks.value(i)));
                }
            }
        }

        private void registers(int tid, Registers registers) {
            if (search.guard().isEmpty()) {
                readGuard(registers);
            }
            search.clear();
            scan.searchBytes(search, registers.bytes(), (long) REGISTERS.length * Long.BYTES);
            for (int i = 0; i < search.count(); i++) {
                holders.add("register " + REGISTERS[(int) (search.address(i) / Long.BYTES)] + " of thread " + tid, 0,
                        search.value(i));
            }
            search.clear();
            long bytes = tools.ptrace().readExtendedState(tid, vectors);
            scan.searchBytes(search, vectors.asSlice(VECTORS), bytes - VECTORS);
            for (int i = 0; i < search.count(); i++) {
                holders.add("a vector register of thread " + tid, 0, search.value(i));
            }
        }

        private void readGuard(Registers registers) {
            MemorySegment word = vectors.asSlice(0, Long.BYTES);
            if (session.memory().readSome(registers.fsBase() + POINTER_GUARD, word) == Long.BYTES) {
                search.demangle(word.get(java.lang.foreign.ValueLayout.JAVA_LONG, 0));
            }
        }

        /** Judges what was found in the stop. The process runs again. */
        private void judge() {
            if (scan.unreadable() != 0) {
                holders.add("memory that cannot be read", scan.unreadable(), 0);
            }
            CodeRanges parts = CodeRanges.of(zones.stream()
                    .filter(zone -> alive.stream().noneMatch(
                            into -> zone.start().compareTo(into) <= 0 && into.compareTo(zone.end()) < 0))
                    .toList());
            for (int i = 0; i < addresses.length; i++) {
                if (parts.find(addresses[i]) < 0) {
                    holders.add(scan.map(), addresses[i], values[i]);
                }
            }
        }
    }
}
