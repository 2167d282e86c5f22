package dev.pulpo.engine;

import dev.pulpo.engine.image.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Kills the tool at one system call of an apply and a revert after the other, and looks at what that leaves. As a program:
 * {@code KillSweep [EVERY [FIRST]]} does so for every EVERY-th call (1, all of them), beginning with the FIRST.
 */
final class KillSweep implements FailureSweep.Trial {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Victims victims;
    private final Killer killer;
    private final boolean prepared;
    private final boolean preloaded;
    private final boolean byThread;

    /**
     * What came of a sweep.
     *
     * @param calls    how many calls that concern the target the whole run of a tool makes
     * @param kills    how many tools were killed
     * @param failures what was found afterwards that must not be, one line each
     */
    record Report(int calls, int kills, List<String> failures) {}

    /**
     * @param directory for what is built
     * @param prepared  whether the functions of the target were built to be replaced
     * @param preloaded whether it has the stub from the start
     * @param byThread  whether threads change one after the other
     */
    KillSweep(Path directory, boolean prepared, boolean preloaded, boolean byThread)
            throws IOException, InterruptedException {
        this.prepared = prepared;
        this.preloaded = preloaded;
        this.byThread = byThread;
        victims = new Victims(directory);
        if (!prepared) {
            victims.compiled("libanswer.so", "answer.c", "-shared", "-fPIC", "-Wl,-soname,libanswer.so");
        }
        killer = new Killer(victims, directory);
    }

    /**
     * Kills at the calls with the numbers first, first + every, first + 2 every, ... until a tool comes to its end.
     *
     * @param call what the calls that count begin with, as killer.c describes them
     */
    Report run(int first, int every, String call) throws Exception {
        List<String> failures = new ArrayList<>();
        int kills = 0;
        for (int n = first;; n += every) {
            try (RunningServer server = start()) {
                String died = runTool(server.pid(), n + ":" + call);
                String[] words = died.split(" ");
                if (words[0].equals("ended")) {
                    if (!words[2].equals("0")) {
                        failures.add("a tool that was not killed: " + died);
                    }
                    return new Report(Integer.parseInt(words[1]), kills, failures);
                }
                kills++;
                judge(server).ifPresent(failure -> failures.add(died + ": " + failure));
            }
        }
    }

    /** One whose main thread is easily borrowed, or one in which no thread is: all wait with a timeout. */
    @Override
    public RunningServer start() {
        Path program = prepared ? victims.server() : victims.linked("hazards.c");
        String[] arguments = prepared ? new String[]{"3", "sleep"} : new String[]{"restart"};
        return preloaded ? RunningServer.preloaded(program, arguments) : RunningServer.plain(program, arguments);
    }

    @Override
    public void apply(LiveProcess process) throws IOException {
        process.apply(patch());
    }

    @Override
    public void revert(LiveProcess process) throws IOException {
        process.revert(patch().id());
    }

    /** What is applied and reverted, and may be found in force afterwards. */
    private LivePatch patch() {
        return LivePatch.of(victims.fix(3)).target("libanswer.so").replace("answer", "fixed_answer");
    }

    /** The killer's line. */
    private String runTool(int pid, String when) throws IOException, InterruptedException {
        List<String> arguments = new ArrayList<>(List.of(Integer.toString(pid), victims.fix(3).toString()));
        if (byThread) {
            arguments.add("thread");
        }
        return killer.run(pid, when, ApplyMarked.class, arguments);
    }

    /** What is wrong, if anything. A target that does not answer in time is ended, so that nobody waits for ever. */
    @Override
    public Optional<String> judge(RunningServer server) {
        return judged(List.of(server), () -> look(server));
    }

    /** A look at targets, which may find that something must not be. */
    @FunctionalInterface
    interface Look {
        void run() throws IOException;
    }

    /** What is wrong, if anything. Targets that do not answer in time are ended. */
    static Optional<String> judged(List<RunningServer> servers, Look look) {
        CompletableFuture<Boolean> judged = new CompletableFuture<>();
        Thread watch = Thread.ofPlatform().daemon().start(() -> {
            if (judged.completeOnTimeout(false, PATIENCE.toSeconds(), TimeUnit.SECONDS).join().equals(false)) {
                servers.forEach(server -> Processes.kill(server.pid(), Signals.SIGKILL));
            }
        });
        try {
            look.run();
            return judged.complete(true) ? Optional.empty() : Optional.of("it hung");
        } catch (AssertionError | RuntimeException | IOException failure) {
            return Optional.of((judged.isDone() ? "it hung: " : "") + failure + " "
                    + servers.stream().map(server -> threads(server.pid())).toList());
        } finally {
            judged.complete(true);
            join(watch);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How often each thread of a process that nobody traces any more has given way. */
    static Map<Integer, Long> untraced(int pid) {
        Map<Integer, Long> before = new HashMap<>();
        for (int tid : ProcFs.threads(pid)) {
            check(ProcFs.tracerOf(pid, tid) == 0, "thread " + tid + " is still traced");
            before.put(tid, switches(pid, tid));
        }
        return before;
    }

    private void look(RunningServer server) throws IOException {
        int pid = server.pid();
        Map<Integer, Long> before = untraced(pid);
        String answer = server.ask("answer");
        check(answer.equals("1") || answer.equals("3"), "the target answers " + answer);
        try (LiveProcess process = LiveProcess.attach(pid)) {
            List<AppliedPatch> patches = process.patches();
            isTrue(patches, answer, process);
            check(server.ask("answer").equals(answer), "the answer changes by itself");
            awaitProgress(server, before);
            awaitMasks(pid);
            for (AppliedPatch patch : patches) {
                if (patch.status() == AppliedPatch.Status.IN_TRANSITION) {
                    boolean applied = process.awaitTransition(PATIENCE).kind() == Outcome.Kind.APPLIED;
                    check(server.ask("answer").equals(answer), "the end of the transition changes the answer");
                    check(process.patches().size() == (applied ? 1 : 0), "it leaves " + process.patches());
                    if (applied) {
                        process.revert(patch.id());
                    }
                } else if (patch.status() != AppliedPatch.Status.HALF_DONE) {
                    process.revert(patch.id());
                }
            }
            worksOn(server, process);
        }
        check(server.ask("errors").equals("0"), "its system calls have failed");
    }

    /** What is reported is what the target does. */
    private static void isTrue(List<AppliedPatch> patches, String answer, LiveProcess process) {
        check(patches.size() <= 1, "two patches are reported: " + patches);
        String should = patches.isEmpty() ? "1" : switch (patches.getFirst().status()) {
            case IN_FORCE -> "3";
            case HALF_DONE -> switch (patches.getFirst().functions().getFirst().standing()) {
                case THIS_PATCH -> "3";
                case ORIGINAL -> "1";
                case LATER_PATCH, UNMAPPED, UNKNOWN, BY_THREAD -> "?";
            };
            case IN_TRANSITION -> process.transition().orElseThrow()
                    .direction() == Transition.Direction.TO_PATCH ? "3" : "1";
            case NOT_IN_FORCE -> "?";
        };
        check(should.equals(answer), "it answers " + answer + ", and is reported as " + patches + " of "
                + process.messages());
    }

    /** Whatever was left, the next tool applies and reverts. */
    private void worksOn(RunningServer server, LiveProcess process) throws IOException {
        LivePatch other = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
        process.apply(other);
        check(server.ask("answer").equals("2"), "an apply afterwards is not in force");
        check(process.patches().size() == 1, "an apply afterwards leaves " + process.patches());
        Outcome reverted = process.revert(other.id());
        check(reverted.unloaded(), "a revert afterwards leaves the patch loaded");
        check(server.ask("answer").equals("1"), "a revert afterwards is not in force");
        check(process.patches().isEmpty(), "a revert afterwards leaves " + process.patches());
    }

    /** Every thread goes on, not the process as a whole alone. */
    static void awaitProgress(RunningServer server, Map<Integer, Long> before) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        before.forEach((tid, count) -> {
            while (switches(server.pid(), tid) <= count) {
                check(System.nanoTime() - deadline < 0, "thread " + tid + " does not go on");
                server.ask("rounds");
            }
        });
    }

    /** The victims block no signals. A borrowed thread does, until it has found its way back. */
    static void awaitMasks(int pid) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        for (int tid : ProcFs.threads(pid)) {
            while (!ProcFs.status(pid, tid, "SigBlk").filter(mask -> Long.parseUnsignedLong(mask, 16) == 0)
                    .isPresent()) {
                check(System.nanoTime() - deadline < 0, "thread " + tid + " gets no signals any more");
                Thread.onSpinWait();
            }
        }
    }

    private static long switches(int pid, int tid) {
        return ProcFs.status(pid, tid, "voluntary_ctxt_switches").map(Long::parseLong).orElse(-1L);
    }

    private static String threads(int pid) {
        try {
            List<String> states = new ArrayList<>();
            for (int tid : ProcFs.threads(pid)) {
                states.add(tid + ":" + ProcFs.state(pid, tid));
            }
            return states.toString();
        } catch (TargetGoneException gone) {
            return "(gone)";
        }
    }

    static void check(boolean holds, String otherwise) {
        if (!holds) {
            throw new AssertionError(otherwise);
        }
    }

    public static void main(String[] arguments) throws Exception {
        int every = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        int first = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        int failures = 0;
        for (boolean prepared : new boolean[]{true, false}) {
            for (int i = 0; i < 4; i++) {
                boolean preloaded = (i & 1) == 0;
                boolean byThread = (i & 2) != 0;
                Report report = new KillSweep(Files.createTempDirectory("kill-sweep"), prepared, preloaded, byThread)
                        .run(first, every, "");
                System.out.printf("%-10s %-9s %-9s %4d calls, %4d tools killed, %d failures%n",
                        prepared ? "prepared" : "unprepared", preloaded ? "preloaded" : "injected",
                        byThread ? "by thread" : "at once", report.calls(), report.kills(), report.failures().size());
                report.failures().forEach(System.out::println);
                failures += report.failures().size();
            }
        }
        System.exit(failures == 0 ? 0 : 1);
    }
}
