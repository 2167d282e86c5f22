package dev.pulpo.engine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

/**
 * Has a tool run out of memory, or meet with a defect of its own, at one system call of its tracer thread after the other,
 * and looks at what that leaves. As a program: {@code FailureSweep [EVERY [FIRST]]} does so for every EVERY-th call (1, all
 * of them), beginning with the FIRST.
 */
final class FailureSweep {
    private final Trial trial;
    private final boolean stopsAlone;
    private final boolean lasting;

    /**
     * What came of a sweep.
     *
     * @param calls    how many calls that count an apply and a revert make
     * @param thrown   how often one failed
     * @param failures what was found afterwards that must not be, one line each
     */
    record Report(int calls, int thrown, List<String> failures) {}

    /** What is done to a target, and looked at afterwards. */
    interface Trial {
        RunningServer start();

        void apply(LiveProcess process) throws IOException;

        void revert(LiveProcess process) throws IOException;

        /** Whether what is applied is reported to be in force. */
        default boolean isInForce(LiveProcess process) throws IOException {
            return process.patches().stream().anyMatch(patch -> patch.status() == AppliedPatch.Status.IN_FORCE);
        }

        /** What is wrong, if anything. */
        Optional<Aftermath.Wrong> judge(RunningServer server);
    }

    /**
     * @param stopsAlone whether only calls count that are made while the whole process is stopped
     * @param lasting    whether the tracer thread's next calls fail as well, so that nothing can be put right by it
     */
    FailureSweep(Path directory, boolean stopsAlone, boolean lasting) throws IOException, InterruptedException {
        this(new KillSweep(directory, true, true, false), stopsAlone, lasting);
    }

    /** As the other, of something else. */
    FailureSweep(Trial trial, boolean stopsAlone, boolean lasting) {
        this.trial = trial;
        this.stopsAlone = stopsAlone;
        this.lasting = lasting;
    }

    /** Fails at the calls with the numbers first, first + every, ... until an apply and a revert come to their end. */
    Report run(int first, int every) throws Exception {
        List<String> failures = new ArrayList<>();
        int thrown = 0;
        for (int n = first;; n += every) {
            try (RunningServer server = trial.start()) {
                Attempt attempt = attempt(server, n);
                if (!attempt.failed()) {
                    return new Report(attempt.calls(), thrown, failures);
                }
                thrown++;
                String where = "call " + n + ", " + attempt.what();
                if (attempt.silent()) {
                    failures.add(where + ": the patch is in force, and the failure does not say so");
                }
                trial.judge(server).ifPresent(failure -> failures.add(where + ": " + failure));
            }
        }
    }

    /** How far an apply and a revert came, and at which call something was thrown. */
    private record Attempt(boolean failed, int calls, String what, boolean silent) {}

    @SuppressWarnings("try") // the resource is there to be closed
    private Attempt attempt(RunningServer server, int n) throws IOException {
        AtomicInteger calls = new AtomicInteger();
        AtomicBoolean inStop = new AtomicBoolean();
        AtomicReference<String> what = new AtomicReference<>("");
        AtomicLong tracer = new AtomicLong(-1);
        try (LiveProcess process = LiveProcess.attach(server.pid());
                Watch watch = new Watch(server.pid(), call -> {
                    long thread = Thread.currentThread().threadId();
                    if (call.beginsStop()) {
                        inStop.set(true);
                    } else if (call.endsStop()) {
                        inStop.set(false);
                    }
                    boolean counts = !stopsAlone || inStop.get();
                    if (counts && calls.incrementAndGet() == n) {
                        what.set(call.toString());
                        tracer.set(thread);
                        fail(n);
                    } else if (lasting && tracer.get() == thread) {
                        fail(n);
                    }
                })) {
            boolean applied = false;
            try {
                trial.apply(process);
                applied = true;
                trial.revert(process);
                // The product may have got on without that call.
                return new Attempt(!what.get().isEmpty(), calls.get(), what.get(), false);
            } catch (RuntimeException | Error failure) {
                if (what.get().isEmpty()) {
                    throw failure;
                }
                watch.close();
                boolean inForce = trial.isInForce(process);
                return new Attempt(true, calls.get(), what.get(), !applied && inForce && !says(failure));
            }
        }
    }

    private static boolean says(Throwable failure) {
        return Stream.concat(Stream.of(failure), Arrays.stream(failure.getSuppressed()))
                .anyMatch(part -> String.valueOf(part.getMessage()).contains("is in force"));
    }

    private static void fail(int n) {
        if (n % 2 == 0) {
            throw new OutOfMemoryError("injected");
        }
        throw new IllegalStateException("injected");
    }

    public static void main(String[] arguments) throws Exception {
        int every = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 1;
        int first = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 1;
        int failures = 0;
        for (boolean lasting : new boolean[]{false, true}) {
            Report report = new FailureSweep(Files.createTempDirectory("failure-sweep"), false, lasting).run(first,
                    every);
            System.out.printf("%-8s %4d calls, %4d failed, %d failures%n", lasting ? "lasting" : "once",
                    report.calls(), report.thrown(), report.failures().size());
            report.failures().forEach(System.out::println);
            failures += report.failures().size();
        }
        System.exit(failures == 0 ? 0 : 1);
    }
}
