package dev.pulpo.engine;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/**
 * Applies and reverts a patch of processes in which such tools lie or kill, and counts what must not be. As a program:
 * {@code HazardSoak ROUNDS [HAZARD...]}.
 */
final class HazardSoak {
    /** What there is, some of it with threads that change one by one; the last ones start a process for each round. */
    static final List<String> HAZARDS = List.of("vectors", "vectors-injected", "timer", "signals", "restart",
            "restart-injected", "epoll", "sleep", "churn", "malloc", "spin", "forks", "vforks", "stopped-at-random",
            "frozen-at-random", "vectors/thread", "timer/thread", "signals/thread", "restart/thread",
            "restart-injected/thread", "churn/thread", "spin/thread", "forks/thread", "stopped-at-random/thread",
            "rseq", "users", "namespaces", "coroutine", "stale-pointer", "shared-memory", "shadow",
            "callbacks-killed", "interrupted", "two-tools",
            "ten-tools", "tool-killed",
            "leader-exits", "target-killed", "target-execs", "target-out-of-memory");

    private static final String BY_THREAD = "/thread";
    /** Memory that the victim needs, and that is taken soon, in bytes. */
    private static final long ENOUGH = 64 << 20;

    private static final Duration HANG = Duration.ofSeconds(60);

    private final Path directory;
    private final Victims victims;
    private final Random random = new Random(4);

    /** What was counted for one hazard; everything but the rounds has to be 0. */
    static final class Tally {
        final String hazard;
        int rounds;
        int falseSuccesses;
        int deaths;
        int hangs;
        long corrupted;
        long lostSignals;
        long eintrs;
        final List<String> unexpected = new ArrayList<>();

        Tally(String hazard) {
            this.hazard = hazard;
        }

        boolean isClean() {
            return falseSuccesses + deaths + hangs + corrupted + lostSignals + eintrs + unexpected.size() == 0;
        }

        @Override
        public String toString() {
            return String.format("%-24s %6d %6d %6d %6d %9d %6d %6d %10d", hazard, rounds, falseSuccesses, deaths,
                    hangs, corrupted, lostSignals, eintrs, unexpected.size());
        }
    }

    static final String HEADER = String.format("%-24s %6s %6s %6s %6s %9s %6s %6s %10s", "hazard", "rounds", "false",
            "deaths", "hangs", "corrupted", "lost", "EINTRs", "unexpected");

    HazardSoak(Path directory) {
        this.directory = directory;
        victims = new Victims(directory);
        victims.server();
        victims.linked("hazards.c");
        victims.fix(2);
        victims.fix(3);
    }

    Victims victims() {
        return victims;
    }

    /** Runs so many rounds of one hazard. */
    Tally run(String name, int rounds) throws Exception {
        Tally tally = new Tally(name);
        String hazard = name.replace(BY_THREAD, "");
        if (hasProcessForEachRound(hazard)) {
            for (int i = 0; i < rounds; i++) {
                if (hazard.equals("leader-exits")) {
                    leaving(tally);
                } else {
                    vanishing(tally, hazard);
                }
            }
            return tally;
        }
        if (DeclaringHazards.has(hazard)) {
            new DeclaringHazards(directory, victims, tally).run(rounds, HANG);
            return tally;
        }
        if (HeldHazards.has(hazard)) {
            try {
                new HeldHazards(victims, tally).run(rounds, HANG);
            } catch (IllegalStateException ended) {
                died(tally, ended);
            }
            return tally;
        }
        try (RunningServer server = start(hazard)) {
            CompletableFuture<Boolean> done = new CompletableFuture<>();
            Thread disturber = disturber(hazard, server.pid(), done);
            try {
                switch (hazard) {
                    case "two-tools" -> tools(tally, server, 2, rounds);
                    case "ten-tools" -> tools(tally, server, 10, rounds);
                    case "interrupted" -> interrupted(tally, server, rounds);
                    case "tool-killed" -> toolKilled(tally, server, rounds);
                    default -> applyAndRevert(tally, server, rounds);
                }
            } finally {
                done.complete(true);
                disturber.join();
            }
            count(tally, hazard, server);
        } catch (IllegalStateException ended) {
            died(tally, ended);
        }
        return tally;
    }

    private static void died(Tally tally, IllegalStateException ended) {
        tally.deaths++;
        tally.unexpected.add(ended.toString());
    }

    private static boolean hasProcessForEachRound(String hazard) {
        return hazard.startsWith("target-") || hazard.equals("leader-exits");
    }

    private RunningServer start(String hazard) {
        Path program = victims.linked("hazards.c");
        return switch (hazard) {
            case "vectors-injected", "restart-injected" ->
                RunningServer.plain(program, hazard.replace("-injected", ""));
            case "rseq" -> RunningServer.plain(exporting(), hazard);
            case "sleep", "churn", "malloc" -> RunningServer.plain(victims.server(), "8", hazard);
            case "spin" -> RunningServer.preloaded(victims.server(), "3", hazard);
            case "stopped-at-random", "frozen-at-random", "two-tools", "ten-tools", "tool-killed", "interrupted" ->
                RunningServer.plain(victims.server(), "4", "sleep");
            default -> RunningServer.preloaded(program, hazard);
        };
    }

    /** The program whose variables a patch can reach by their names. */
    private Path exporting() {
        try {
            Path directory = victims.linked("hazards.c").getParent();
            return victims.compiled("hazards-exporting", "hazards.c", "-rdynamic", "-L" + directory, "-lanswer",
                    "-Wl,-rpath," + directory, "-pthread");
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Why a hazard cannot be had on this machine; empty where it can. */
    static Optional<String> missing(String hazard) {
        boolean root = Processes.effectiveUser() == 0;
        return switch (hazard) {
            case "frozen-at-random" -> Freezer.isAvailable()
                    ? Optional.empty()
                    : Optional.of("no control group here whose freezer can be used");
            case "target-out-of-memory" -> MemoryLimit.isAvailable()
                    ? Optional.empty()
                    : Optional.of("no control group here whose memory can be limited");
            case "users", "namespaces" -> root ? Optional.empty() : Optional.of("only root can do that");
            default -> Optional.empty();
        };
    }

    /** Does to the process what the hazard is about, until told to end; ends a process in which nothing happens. */
    private Thread disturber(String hazard, int pid, CompletableFuture<Boolean> done) {
        return Thread.ofPlatform().start(() -> {
            switch (hazard) {
                case "stopped-at-random" -> {
                    while (!done.isDone()) {
                        Processes.kill(pid, Signals.SIGSTOP);
                        LockSupport.parkNanos(random.nextInt(3_000_000));
                        Processes.kill(pid, Signals.SIGCONT);
                        LockSupport.parkNanos(random.nextInt(6_000_000));
                    }
                }
                case "frozen-at-random" -> {
                    try (Freezer freezer = Freezer.of(pid)) {
                        while (!done.isDone()) {
                            freezer.freeze(true);
                            LockSupport.parkNanos(random.nextInt(5_000_000));
                            freezer.freeze(false);
                            LockSupport.parkNanos(random.nextInt(10_000_000));
                        }
                    } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
                default -> {
                    // The hazard is in the process itself.
                }
            }
        });
    }

    private LivePatch patch(int value) {
        return patch(victims.fix(value));
    }

    private static LivePatch patch(Path file) {
        return LivePatch.of(file).target("libanswer.so").replace("answer", "fixed_answer");
    }

    private LivePatch patch(Tally tally) throws IOException, InterruptedException {
        return tally.hazard.equals("rseq")
                ? patch(victims.compiled("rseq_fix.so", "rseq_fix.c", "-shared", "-fPIC"))
                : patch(2);
    }

    private void applyAndRevert(Tally tally, RunningServer server, int rounds) throws Exception {
        LivePatch patch = patch(tally);
        PatchId id = patch.id();
        Consistency consistency = tally.hazard.endsWith(BY_THREAD)
                ? Consistency.perThread(HANG.dividedBy(2))
                : Consistency.DEFAULT;
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < rounds; i++) {
                RoundWatch watch = watch(tally, server.pid());
                try (watch) {
                    if (isDone(tally, () -> process.apply(process.plan(patch), consistency))) {
                        tally.falseSuccesses += server.ask("answer").equals("2") ? 0 : 1;
                        while (!isDone(tally, () -> process.revert(id, consistency)) && !watch.hung()) {
                            Thread.onSpinWait();
                        }
                    }
                    tally.falseSuccesses += server.ask("answer").equals("1") ? 0 : 1;
                } finally {
                    tally.hangs += watch.hung() ? 1 : 0;
                }
                tally.rounds++;
            }
        }
    }

    private static RoundWatch watch(Tally tally, int pid) {
        return new RoundWatch(tally.hazard + ", round " + (tally.rounds + 1) + ",", pid, HANG);
    }

    private interface Work {
        Outcome run() throws IOException;
    }

    /** A target that is held by somebody else may be busy until the deadline; nothing else may stand in the way. */
    private static boolean isDone(Tally tally, Work work) throws IOException {
        try {
            work.run();
            return true;
        } catch (TargetBusyException | BlockedException | BorrowedCallException e) {
            if (!tally.hazard.equals("frozen-at-random")) {
                tally.unexpected.add(e.toString());

            }
            return false;
        } catch (OperationInterruptedException e) {
            throw e;
        } catch (PulpoException e) {
            tally.unexpected.add(e.toString());

            return false;
        }
    }

    private static void count(Tally tally, String hazard, RunningServer server) {
        long errors = Long.parseLong(server.ask("errors"));
        switch (hazard) {
            case "restart", "restart-injected", "epoll", "sleep", "two-tools", "ten-tools", "tool-killed",
                    "interrupted", "stopped-at-random", "frozen-at-random" ->
                tally.eintrs += errors;
            default -> tally.corrupted += errors;
        }
        if (hazard.equals("signals")) {
            tally.lostSignals += Long.parseLong(server.ask("lost"));
        }
    }

    /** The thread that works is interrupted at any instant. An operation is done then, or undone. */
    private void interrupted(Tally tally, RunningServer server, int rounds) throws Exception {
        PatchId id = patch(2).id();
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            for (int i = 0; i < rounds; i++) {
                RoundWatch watch = watch(tally, server.pid());
                try (watch) {
                    boolean applied = isDoneUnlessInterrupted(tally, () -> process.apply(patch(2)));
                    tally.falseSuccesses += isInForce(tally, server, process) == applied ? 0 : 1;
                    boolean reverted = applied && isDoneUnlessInterrupted(tally, () -> process.revert(id));
                    tally.falseSuccesses += isInForce(tally, server, process) == (applied && !reverted) ? 0 : 1;
                    isDone(tally, () -> process.revert(id));
                    tally.falseSuccesses += isInForce(tally, server, process) ? 1 : 0;
                } finally {
                    tally.hangs += watch.hung() ? 1 : 0;
                }
                tally.rounds++;
            }
        }
    }

    private static boolean isInForce(Tally tally, RunningServer server, LiveProcess process) {
        boolean called = server.ask("answer").equals("2");
        List<AppliedPatch> patches = process.patches();
        if (called == patches.isEmpty() || !patches.stream().allMatch(
                patch -> patch.status() == AppliedPatch.Status.IN_FORCE)) {
            tally.unexpected.add("answer() is " + (called ? "" : "not ") + "the patch's, with " + patches);
        }
        return called;
    }

    private boolean isDoneUnlessInterrupted(Tally tally, Work work) throws IOException {
        Thread caller = Thread.currentThread();
        long delay = random.nextInt(15_000_000);
        Thread interrupter = Thread.ofPlatform().start(() -> {
            LockSupport.parkNanos(delay);
            caller.interrupt();
        });
        try {
            return isDone(tally, work);
        } catch (OperationInterruptedException expected) {
            return false;
        } finally {
            while (interrupter.isAlive()) {
                Thread.onSpinWait();
            }
            Thread.interrupted();
        }
    }

    private void tools(Tally tally, RunningServer server, int count, int rounds) throws Exception {
        List<Process> tools = new ArrayList<>();
        for (int value = 2; value < 2 + count; value++) {
            tools.add(tool(ApplyInTurns.class, server, value, Integer.toString(rounds)));
        }
        int refused = 0;
        RoundWatch watch = new RoundWatch(tally.hazard, server.pid(), HANG.multipliedBy(1 + count * rounds / 100));
        try (watch) {
            for (Process tool : tools) {
                String output = new String(tool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (tool.waitFor() == 0 && output.startsWith("refused ")) {
                    refused += Integer.parseInt(output.strip().substring("refused ".length()));
                } else {
                    tally.unexpected.add(output);
                }
            }
        }
        tally.hangs += watch.hung() ? 1 : 0;
        System.out.println(tally.hazard + ": one was told " + refused + " times that another holds the process");
        tally.rounds += count * rounds;
        tally.falseSuccesses += server.ask("answer").equals("1") ? 0 : 1;
        try (LiveProcess process = LiveProcess.attach(server.pid())) {
            tally.falseSuccesses += process.patches().size();
        }
    }

    private Process tool(Class<?> main, RunningServer server, int value, String... more) throws IOException {
        List<String> command = new ArrayList<>(List.of(System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-Xshare:auto",
                "-cp", System.getProperty("java.class.path"), main.getName(), Integer.toString(server.pid()),
                victims.fix(value).toString()));
        command.addAll(List.of(more));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private void toolKilled(Tally tally, RunningServer server, int rounds) throws Exception {
        for (int i = 0; i < rounds; i++) {
            Process tool = tool(ApplyForever.class, server, 3);
            try {
                tool.getInputStream().read();
                LockSupport.parkNanos(random.nextInt(200_000_000));
            } finally {
                tool.destroyForcibly().waitFor();
            }
            String answer = server.ask("answer");
            try (LiveProcess process = LiveProcess.attach(server.pid())) {
                for (AppliedPatch left : process.patches()) {
                    if (left.status() != AppliedPatch.Status.HALF_DONE) {
                        tally.falseSuccesses += answer.equals("3") ? 0 : 1;
                        isDone(tally, () -> process.revert(left.id()));
                    }
                }
            }
            applyAndRevert(tally, server, 1);
        }
    }

    /** The main thread exits at any instant, and the process lives on without it. */
    private void leaving(Tally tally) throws Exception {
        try (RunningServer server = RunningServer.preloaded(victims.linked("hazards.c"), "vectors")) {
            CompletableFuture<Boolean> left = new CompletableFuture<>();
            Thread leaver = Thread.ofPlatform().start(() -> {
                LockSupport.parkNanos(random.nextInt(8_000_000));
                server.say("leave");
                left.complete(true);
            });
            RoundWatch watch = watch(tally, server.pid());
            try (watch) {
                boolean last;
                do {
                    last = left.isDone();
                    // Each time with a look of its own at the process, or its memory is reached through the first.
                    try (LiveProcess process = LiveProcess.attach(server.pid())) {
                        if (isDone(tally, () -> process.apply(process.plan(patch(2)), Consistency.DEFAULT))) {
                            tally.falseSuccesses += !last || server.ask("answer").equals("2") ? 0 : 1;
                            isDone(tally, () -> process.revert(patch(2).id()));
                        }
                    } catch (PulpoException e) {
                        tally.unexpected.add(e.toString());

                    }
                } while (!last && !watch.hung());
                leaver.join();
                tally.falseSuccesses += server.ask("answer").equals("1") ? 0 : 1;
                count(tally, tally.hazard, server);
            } catch (IllegalStateException ended) {
                tally.deaths++;
                tally.unexpected.add(ended.toString());
            }
            tally.hangs += watch.hung() ? 1 : 0;
            tally.rounds++;
        }
    }

    /** A target that ends, or becomes another program, at any instant: the outcome is that it is gone. */
    private void vanishing(Tally tally, String how) throws Exception {
        boolean execs = how.equals("target-execs");
        boolean starves = how.equals("target-out-of-memory");
        try (RunningServer server = RunningServer.preloaded(victims.linked("hazards.c"), "vectors");
                LiveProcess process = LiveProcess.attach(server.pid())) {
            Thread killer = Thread.ofPlatform().start(() -> {
                LockSupport.parkNanos(random.nextInt(15_000_000));
                if (execs) {
                    server.say(random.nextBoolean() ? "exec" : "exec-thread");
                } else if (starves) {
                    server.say("eat");
                } else {
                    Processes.kill(server.pid(), Signals.SIGKILL);
                }
            });
            RoundWatch watch = watch(tally, server.pid());
            try (watch; MemoryLimit limit = starves ? MemoryLimit.of(server.pid(), ENOUGH) : null) {
                try {
                    while (true) {
                        process.apply(patch(2));
                        process.revert(patch(2).id());
                    }
                } catch (TargetGoneException expected) {
                    tally.rounds++;
                }
                if (limit != null && limit.kills() == 0) {
                    tally.unexpected.add("it was not for want of memory that the target ended");
                }
            } catch (PulpoException other) {
                tally.unexpected.add(other.toString());
            }
            tally.hangs += watch.hung() ? 1 : 0;
            killer.join();
            if (execs && !watch.hung() && !becomesAnother(server.pid())) {
                tally.deaths++;
            }
        }
    }

    /** Whether a process lives on as what it has executed. Its leader may be gone for a moment, where another thread did it. */
    private static boolean becomesAnother(int pid) {
        long deadline = System.nanoTime() + HANG.toNanos();
        while (!ProcFs.name(pid).equals("sleep")) {
            if (System.nanoTime() - deadline > 0) {
                return false;
            }
            Thread.onSpinWait();
        }
        return !ProcFs.isZombie(pid, pid);
    }

    public static void main(String[] arguments) throws Exception {
        int rounds = Integer.parseInt(arguments[0]);
        List<String> hazards = arguments.length > 1 ? List.of(arguments).subList(1, arguments.length) : HAZARDS;
        boolean clean = true;
        HazardSoak soak = new HazardSoak(Files.createTempDirectory("soak"));
        System.out.println(HEADER);
        for (String hazard : hazards) {
            Optional<String> missing = missing(hazard);
            if (missing.isPresent()) {
                System.out.println(hazard + ": " + missing.get());
                continue;
            }
            // A new JVM for each tool that is killed, a new process for each that ends: those cost a second.
            boolean slow = hazard.startsWith("tool") || hazard.equals("callbacks-killed") || hazard.equals("ten-tools")
                    || hasProcessForEachRound(hazard);
            Tally tally = soak.run(hazard, slow ? Math.max(1, rounds / 10) : rounds);
            System.out.println(tally);
            tally.unexpected.stream().distinct().limit(5).forEach(System.out::println);
            clean &= tally.isClean();
        }
        System.exit(clean ? 0 : 1);
    }
}
