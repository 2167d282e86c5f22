package dev.pulpo.engine;

import dev.pulpo.engine.target.ProcFs;
import dev.pulpo.ffm.Processes;
import dev.pulpo.ffm.Signals;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Looks at a target that a tool has left in the middle of its work, and at what the next tool makes of it. */
final class Aftermath {
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Victims victims;
    private final boolean mayStay;

    /** What must not be. */
    enum Harm {
        /** The target has ended. */
        DEATH,
        /** It does not answer. */
        HANG,
        /** A thread is traced by nobody who would release it, or does not go on. */
        LEFT_STOPPED,
        /** What is reported is not what the target does. */
        UNTRUE_LIST,
        /** The next tool cannot apply or revert. */
        NOT_WORKING,
        /** A wrong answer, a system call that failed, signals that stay blocked. */
        CORRUPTED
    }

    /**
     * What was found.
     *
     * @param what for people
     */
    record Wrong(Harm harm, String what) {
        @Override
        public String toString() {
            return harm + ": " + what;
        }
    }

    private static final class Found extends AssertionError {
        private static final long serialVersionUID = 1;

        private final Harm harm;

        Found(Harm harm, String what) {
            super(what);
            this.harm = harm;
        }
    }

    Aftermath(Victims victims) {
        this(victims, false);
    }

    /** @param mayStay whether a reverted patch may stay loaded where words are found that may point to it */
    Aftermath(Victims victims, boolean mayStay) {
        this.victims = victims;
        this.mayStay = mayStay;
    }

    /** A look at targets, which may find that something must not be. */
    @FunctionalInterface
    interface Look {
        void run() throws IOException;
    }

    /** What is wrong, if anything. A target that does not answer in time is ended, so that nobody waits for ever. */
    Optional<Wrong> judge(RunningServer server) {
        return judged(List.of(server), () -> look(server));
    }

    /** What is wrong, if anything. Targets that do not answer in time are ended. */
    static Optional<Wrong> judged(List<RunningServer> servers, Look look) {
        CompletableFuture<Boolean> judged = new CompletableFuture<>();
        Thread watch = Thread.ofPlatform().daemon().start(() -> {
            if (judged.completeOnTimeout(false, PATIENCE.toSeconds(), TimeUnit.SECONDS).join().equals(false)) {
                servers.forEach(server -> Processes.kill(server.pid(), Signals.SIGKILL));
            }
        });
        try {
            look.run();
            return judged.complete(true)
                    ? Optional.empty()
                    : Optional.of(new Wrong(Harm.HANG, "it took more than " + PATIENCE));
        } catch (Found | RuntimeException | IOException failure) {
            return Optional.of(new Wrong(judged.isDone() ? Harm.HANG : harmOf(failure),
                    failure + " " + servers.stream().map(server -> threads(server.pid())).toList()));
        } finally {
            judged.complete(true);
            join(watch);
        }
    }

    private static Harm harmOf(Throwable failure) {
        // That is what a victim's silence is taken for, and what the product says.
        boolean gone = failure instanceof IllegalStateException || failure instanceof TargetGoneException;
        return failure instanceof Found found ? found.harm : gone ? Harm.DEATH : Harm.NOT_WORKING;
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
            check(ProcFs.tracerOf(pid, tid) == 0, Harm.LEFT_STOPPED, "thread " + tid + " is still traced");
            before.put(tid, switches(pid, tid));
        }
        return before;
    }

    private void look(RunningServer server) throws IOException {
        int pid = server.pid();
        Map<Integer, Long> before = untraced(pid);
        String answer = server.ask("answer");
        check(answer.equals("1") || answer.equals("3"), Harm.CORRUPTED, "the target answers " + answer);
        try (LiveProcess process = LiveProcess.attach(pid)) {
            List<AppliedPatch> patches = process.patches();
            isTrue(patches, answer, process);
            check(server.ask("answer").equals(answer), Harm.CORRUPTED, "the answer changes by itself");
            awaitProgress(server, before);
            awaitMasks(pid);
            for (AppliedPatch patch : patches) {
                if (patch.status() == AppliedPatch.Status.IN_TRANSITION) {
                    boolean applied = process.awaitTransition(PATIENCE).kind() == Outcome.Kind.APPLIED;
                    check(server.ask("answer").equals(answer), Harm.CORRUPTED,
                            "the end of the transition changes the answer");
                    check(process.patches().size() == (applied ? 1 : 0), Harm.NOT_WORKING,
                            "it leaves " + process.patches());
                    if (applied) {
                        process.revert(patch.id());
                    }
                } else if (patch.status() != AppliedPatch.Status.HALF_DONE) {
                    process.revert(patch.id());
                }
            }
            worksOn(server, process);
        }
        check(server.ask("errors").equals("0"), Harm.CORRUPTED, "its system calls have failed");
    }

    /** What is reported is what the target does. */
    private static void isTrue(List<AppliedPatch> patches, String answer, LiveProcess process) {
        check(patches.size() <= 1, Harm.UNTRUE_LIST, "two patches are reported: " + patches);
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
        check(should.equals(answer), Harm.UNTRUE_LIST,
                "it answers " + answer + ", and is reported as " + patches + " of "
                        + process.messages());
    }

    /** Whatever was left, the next tool applies and reverts. */
    private void worksOn(RunningServer server, LiveProcess process) throws IOException {
        LivePatch other = LivePatch.of(victims.fix(2)).target("libanswer.so").replace("answer", "fixed_answer");
        process.apply(other);
        check(server.ask("answer").equals("2"), Harm.NOT_WORKING, "an apply afterwards is not in force");
        check(process.patches().size() == 1, Harm.NOT_WORKING, "an apply afterwards leaves " + process.patches());
        Outcome reverted = process.revert(other.id());
        check(reverted.unloaded() || mayStay && !reverted.held().isEmpty(), Harm.NOT_WORKING,
                "a revert afterwards leaves the patch loaded: " + reverted.held());
        check(server.ask("answer").equals("1"), Harm.NOT_WORKING, "a revert afterwards is not in force");
        check(process.patches().isEmpty(), Harm.NOT_WORKING, "a revert afterwards leaves " + process.patches());
    }

    /** Every thread goes on, not the process as a whole alone. */
    static void awaitProgress(RunningServer server, Map<Integer, Long> before) {
        long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
        before.forEach((tid, count) -> {
            while (switches(server.pid(), tid) <= count) {
                check(System.nanoTime() - deadline < 0, Harm.LEFT_STOPPED, "thread " + tid + " does not go on");
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
                check(System.nanoTime() - deadline < 0, Harm.CORRUPTED, "thread " + tid + " gets no signals any more");
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

    static void check(boolean holds, Harm otherwise, String what) {
        if (!holds) {
            throw new Found(otherwise, what);
        }
    }
}
