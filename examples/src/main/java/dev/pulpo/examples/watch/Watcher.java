package dev.pulpo.examples.watch;

import dev.pulpo.elf.VisibleText;
import dev.pulpo.engine.Consistency;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.PatchId;
import dev.pulpo.engine.PatchStanding;
import dev.pulpo.engine.PatchStore;
import dev.pulpo.engine.ProcessStanding;
import dev.pulpo.engine.StoredPatch;
import dev.pulpo.engine.TargetGoneException;
import dev.pulpo.engine.Upkeep;
import dev.pulpo.examples.crowd.Crowd;
import dev.pulpo.examples.crowd.Unforeseen;
import dev.pulpo.ffm.NotifySocket;
import dev.pulpo.ffm.ProcessEvents;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Gives processes what the store says, as soon as they can have it: when they start, execute a program, load an object later,
 * or when the store changes. What it decides is in the store and in the processes alone, so that it can be killed at any
 * instant. For one thread.
 */
public final class Watcher {
    private static final System.Logger LOGGER = System.getLogger("dev.pulpo.watch");

    /** How often processes are looked at without being reported. */
    private static final long TICK_MILLIS = 500;
    /** How often a process is looked at whose loader is at work. */
    private static final long STARTING_MILLIS = 5;
    /** Loaders are done within this time, as a rule; after it they are looked at with the others. */
    private static final long STARTING_NANOS = Duration.ofSeconds(5).toNanos();
    /** How often everything is compared anew: what a look at the loader cannot see. */
    private static final long ALL_NANOS = Duration.ofMinutes(10).toNanos();
    private static final long COLLECT_NANOS = Duration.ofSeconds(10).toNanos();

    private final PatchStore store;
    private final Settings settings;
    private final Repairs repairs;
    private final Probation probation;
    private final Optional<HealthCheck> health;
    private final Optional<NotifySocket> manager;
    private final Polls polls = new Polls();
    private final Map<Integer, Long> starting = new HashMap<>();
    private Upkeep upkeep;
    private Object version;
    private boolean ready;
    private boolean leavesGarbage;
    private long collected = System.nanoTime();

    /**
     * How to watch.
     *
     * @param consistency when code may change
     * @param probation   how long a process is watched for faults after it got a patch
     * @param health      a command that says whether all is well
     * @param healthDelay between the last patch and that command
     * @param reports     whether to ask the kernel to report processes
     * @param manager     the service manager's socket
     */
    public record Settings(Consistency consistency, Duration probation, Optional<String> health, Duration healthDelay,
            boolean reports, Optional<NotifySocket> manager) {}

    /** @throws IOException where the store cannot be read */
    public Watcher(PatchStore store, Settings settings) throws IOException {
        this.store = store;
        this.settings = settings;
        repairs = new Repairs(settings.consistency);
        probation = new Probation(settings.probation);
        health = settings.health.map(command -> new HealthCheck(command, settings.healthDelay));
        manager = settings.manager;
        version = store.version();
        upkeep = new Upkeep(store);
    }

    /**
     * Why the health command fails now; empty where it does not, or there is none. Patches could not be blamed for a failure
     * that was there before.
     */
    public Optional<String> ill() {
        return health.flatMap(HealthCheck::run);
    }

    /** Watches until the thread is interrupted. Then all work is completed or undone before this returns. */
    public void run() throws IOException {
        try (Arrivals arrivals = new Arrivals(settings.reports)) {
            if (settings.reports && !arrivals.areReported()) {
                LOGGER.log(System.Logger.Level.WARNING,
                        "the kernel does not report processes to this one (that needs CAP_NET_ADMIN, and the namespaces "
                                + "of the machine): they are looked for twice a second, and what ends them is not known");
            }
            long tick = System.nanoTime();
            long all = tick;
            boolean first = true;
            while (!Thread.currentThread().isInterrupted()) {
                for (ProcessEvents.Event event : arrivals.await(wait(tick, first))) {
                    take(event);
                }
                long now = System.nanoTime();
                polls.add(List.copyOf(starting.keySet()));
                polls.looks().forEach(this::take);
                if (first || now - tick >= TICK_MILLIS * 1_000_000) {
                    tick = now;
                    if (now - all > ALL_NANOS) {
                        all = now;
                        polls.retain(Set.of());
                    }
                    renew(arrivals);
                    lookAtAll(arrivals, now);
                    probation.prune();
                    giveMemoryBack(now);
                    first = false;
                }
                repairs.start(upkeep);
                for (Crowd.Result<Optional<Upkeep.Restored>> result : repairs.results()) {
                    report(result);
                }
                health.flatMap(HealthCheck::look).ifPresent(failure -> withdraw(failure.patches(), failure.reason()));
                announce(arrivals);
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } finally {
            tell("STOPPING=1");
            polls.end();
            end();
        }
    }

    /** The JVM looks for garbage when its heap is full: without work, that is never. */
    private void giveMemoryBack(long now) {
        if (leavesGarbage && repairs.isIdle() && now - collected > COLLECT_NANOS) {
            leavesGarbage = false;
            collected = now;
            System.gc();
        }
    }

    private void end() {
        boolean interrupted = Thread.interrupted();
        try {
            repairs.end();
        } catch (InterruptedException again) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private long wait(long tick, boolean first) {
        long left = TICK_MILLIS - (System.nanoTime() - tick) / 1_000_000;
        boolean busy = !starting.isEmpty() || !repairs.isIdle();
        return first ? 0 : Math.clamp(left, 1, busy ? STARTING_MILLIS : TICK_MILLIS);
    }

    private void take(ProcessEvents.Event event) {
        probation.take(event).ifPresent(this::holdBack);
        if (event instanceof ProcessEvents.Executed executed) {
            polls.forget(executed.pid());
            repairs.forget(executed.pid());
            if (!upkeep.patches().isEmpty()) {
                starting.put(executed.pid(), System.nanoTime());
            }
        } else if (event instanceof ProcessEvents.Ended ended) {
            polls.forget(ended.pid());
            repairs.forget(ended.pid());
            starting.remove(ended.pid());
        }
    }

    /** Reads the store anew, if it has changed; then every process is compared with it. */
    private void renew(Arrivals arrivals) throws IOException {
        Object now = store.version();
        if (!now.equals(version)) {
            version = now;
            upkeep = upkeep.renewed(store);
            polls.retain(Set.of());
            arrivals.pids().forEach(repairs::forget);
        }
    }

    private void lookAtAll(Arrivals arrivals, long now) {
        arrivals.look();
        polls.retain(arrivals.pids());
        starting.keySet().retainAll(arrivals.pids());
        starting.values().removeIf(since -> now - since > STARTING_NANOS);
        if (!upkeep.patches().isEmpty()) {
            polls.add(arrivals.pids());
        }
    }

    private void take(Polls.Look look) {
        switch (look.change()) {
            case LOADED -> {
                starting.remove(look.pid());
                repairs.add(look.pid());
            }
            case NONE -> starting.remove(look.pid());
            case NOT_READY -> {
                if (!starting.containsKey(look.pid())) {
                    polls.defer(look.pid());
                }
            }
        }
    }

    private void report(Crowd.Result<Optional<Upkeep.Restored>> result) {
        result.failure().filter(why -> !(why instanceof TargetGoneException)).ifPresent(
                why -> log(System.Logger.Level.DEBUG, "process " + result.pid() + " was not looked at: "
                        + Unforeseen.words(result.pid(), why)));
        Optional<Upkeep.Restored> restored = result.value().flatMap(found -> found);
        leavesGarbage |= restored.isPresent();
        restored.ifPresent(done -> {
            ProcessStanding standing = done.standing();
            String process = "process " + standing.pid() + " (" + standing.name() + "): ";
            done.outcomes().forEach(outcome -> log(System.Logger.Level.INFO, process + outcome));
            done.failures().forEach((id, why) -> {
                if (!(why instanceof TargetGoneException)) {
                    log(System.Logger.Level.WARNING, process + id.shortForm() + ": "
                            + Unforeseen.words(standing.pid(), why));
                }
            });
            List<StoredPatch> given = given(done);
            if (!given.isEmpty()) {
                probation.add(standing.pid(), standing.name(), standing.user(), given).ifPresent(this::holdBack);
                health.ifPresent(check -> check.add(given));
            }
        });
    }

    /** The patches that came into force, or may have: a process that ended just then does not tell. */
    private List<StoredPatch> given(Upkeep.Restored done) {
        Set<PatchId> applied = new HashSet<>();
        done.outcomes().stream().filter(outcome -> outcome.kind() == Outcome.Kind.APPLIED).map(Outcome::patch)
                .forEach(applied::add);
        done.failures().forEach((id, why) -> {
            if (why instanceof TargetGoneException) {
                applied.add(id);
            }
        });
        return done.standing().patches().stream()
                .filter(standing -> standing.state() != PatchStanding.State.LEFT_OVER).map(PatchStanding::patch)
                .filter(patch -> applied.contains(patch.id())).toList();
    }

    /**
     * A user's processes speak for that user alone: otherwise whoever lets his own process crash would take the patch from all
     * others.
     */
    private void holdBack(Probation.Fault fault) {
        if (fault.user() == 0) {
            withdraw(fault.patches(), fault.reason());
            return;
        }
        for (StoredPatch patch : fault.patches()) {
            change(() -> store.holdBack(patch, fault.user(), fault.reason()));
            log(System.Logger.Level.ERROR, "patch " + patch.id().shortForm() + " is held back from processes of user "
                    + fault.user() + ": " + fault.reason());
        }
    }

    private void withdraw(Set<StoredPatch> patches, String reason) {
        for (StoredPatch patch : patches) {
            change(() -> store.withdraw(patch, reason));
            log(System.Logger.Level.ERROR, "patch " + patch.id().shortForm() + " is withdrawn: " + reason);
        }
    }

    /** A change of the store. */
    @FunctionalInterface
    private interface Change {
        Optional<StoredPatch> make() throws IOException;
    }

    /** A watcher that cannot write down what it has decided would decide it again and again; so it ends. */
    private static void change(Change change) {
        try {
            change.make();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException("the store cannot be changed: " + e.getMessage(), e);
        }
    }

    private void announce(Arrivals arrivals) {
        if (!ready && polls.isIdle() && repairs.isIdle()) {
            ready = true;
            tell("READY=1\nSTATUS=watching, " + (arrivals.areReported() ? "by the kernel's reports" : "by looking"));
            log(System.Logger.Level.INFO, "watching " + store.directory());
        }
    }

    private void tell(String state) {
        manager.ifPresent(socket -> {
            if (!socket.send(state)) {
                log(System.Logger.Level.DEBUG, "the service manager did not take " + state);
            }
        });
    }

    /** Names of processes are other users' data. */
    private static void log(System.Logger.Level level, String message) {
        LOGGER.log(level, VisibleText.of(message));
    }
}
