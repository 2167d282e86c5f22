package dev.pulpo.engine.programs;

import dev.pulpo.engine.BorrowedCallException;
import dev.pulpo.engine.Check;
import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.Refusal;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.TargetBusyException;
import dev.pulpo.engine.ValueKind;
import dev.pulpo.engine.programs.Soak.Part;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Probes of every kind that lets a function do its work, on functions of programs under load, applied and taken back. No answer
 * may be wrong or missing. As a program: {@code ProbeSoak PROBES [PROGRAM...]}.
 */
public final class ProbeSoak {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration DELAY = Duration.ofNanos(1000);
    /** So many probes are in force together. */
    private static final int TOGETHER = 6;
    /** How often it is tried to load the stub. */
    private static final int ATTEMPTS = 10;

    private final String name;
    private final Program program;
    private final List<Part> parts;
    /** Functions that the load has been seen to call. */
    private final List<Function> called = new ArrayList<>();
    private final Random random = new Random(1);
    private int applied;
    private int returning;
    private int unproven;
    private int bound;
    private int others;
    private long calls;

    private record Function(String object, String name) {}

    /** What came of it. */
    record Report(String name, int applied, int returning, int unproven, int bound, int others, long calls,
            int called, long answers, int kept) {
        @Override
        public String toString() {
            return name + ": " + applied + " probes, " + returning + " of them with frames; refused: " + unproven
                    + " whose stack is not known, " + bound + " bound to their frames, " + others + " others; " + calls
                    + " calls of " + called + " functions seen, " + answers
                    + " answers checked, none wrong or missing; "
                    + kept + " kept loaded";
        }
    }

    private ProbeSoak(String name, Program program) {
        this.name = name;
        this.program = program;
        List<Part> planned = new ArrayList<>(Soaks.of(name, 1).plan());
        if (name.equals("redis")) {
            // What is patched there are libraries, of which the load calls little.
            planned.add(new Part("exe", PassThrough.exported(Path.of(Programs.REDIS)).stream()
                    .filter(function -> function
                            .matches("(dict|sds|addReply|lookupKey|process|create|call|db|ae|conn).*"))
                    .toList()));
        }
        parts = List.copyOf(planned);
    }

    /** Applies so many probes, and fails where the program does. */
    static Report run(String name, Path directory, int probes) throws IOException {
        try (Program program = Soaks.start(name, directory, false);
                LiveProcess process = LiveProcess.attach(program.pid())) {
            ProbeSoak soak = new ProbeSoak(name, program);
            soak.inject(process);
            while (soak.applied < probes) {
                soak.round(process);
            }
            if (soak.calls == 0) {
                throw new AssertionError(name + " has called none of the functions");
            }
            if (!process.patches().isEmpty()) {
                throw new AssertionError("still in force: " + process.patches());
            }
            return new Report(name, soak.applied, soak.returning, soak.unproven, soak.bound, soak.others, soak.calls,
                    soak.called.size(), program.answers(), process.leftovers().size());
        }
    }

    private void inject(LiveProcess process) {
        for (int attempt = 1;; attempt++) {
            try {
                process.inject();
                return;
            } catch (BorrowedCallException late) {
                // On a busy machine its thread did not run in time; it finds its own way back.
                if (attempt == ATTEMPTS) {
                    throw late;
                }
                others++;
            }
        }
    }

    private void round(LiveProcess process) throws IOException {
        List<LiveProbe> probes = new ArrayList<>();
        List<Function> probed = new ArrayList<>();
        for (int i = 0; i < TOGETHER; i++) {
            Function function = choose();
            try {
                probes.add(process.probe(probe(function.name).in(function.object).allow(Check.INLINED)));
                probed.add(function);
                applied++;
            } catch (RefusedException refused) {
                count(refused.refusals().getFirst());
            } catch (TargetBusyException | BorrowedCallException busy) {
                // Its threads did not stop, or run, in time, on a busy machine.
                others++;
            }
        }
        await(program.answers() + 5);
        for (int i = probes.size() - 1; i >= 0; i--) {
            LiveProbe probe = probes.get(i);
            returning += probe.probe().action() instanceof Probe.Action.Time
                    || probe.probe().action() instanceof Probe.Action.Trace trace && trace.returns() ? 1 : 0;
            long seen = probe.counts().total();
            calls += seen;
            if (seen > 0 && !called.contains(probed.get(i))) {
                called.add(probed.get(i));
            }
            if (probe.probe().action() instanceof Probe.Action.Trace) {
                probe.calls();
            }
            probe.close();
        }
        await(program.answers() + 5);
    }

    /** Every other time one that is known to be called; else any, and from each object as often. */
    private Function choose() {
        if (!called.isEmpty() && random.nextBoolean()) {
            return called.get(random.nextInt(called.size()));
        }
        Part part = parts.get(random.nextInt(parts.size()));
        return new Function(part.target(), part.functions().get(random.nextInt(part.functions().size())));
    }

    private Probe probe(String function) {
        return switch (random.nextInt(6)) {
            case 0 -> Probe.counting(function);
            case 1 -> Probe.delaying(function, DELAY).everyNth(100);
            case 2 -> Probe.tracing(function, ValueKind.POINTER, ValueKind.STRING).atEntry();
            case 3 -> Probe.tracing(function, ValueKind.STRING, ValueKind.LONG, ValueKind.DOUBLE);
            case 4 -> Probe.tracing(function);
            default -> Probe.timing(function);
        };
    }

    private void count(Refusal refusal) {
        if (refusal instanceof Refusal.Unreturned unreturned) {
            unproven += unreturned.tellable() ? 1 : 0;
            bound += unreturned.tellable() ? 0 : 1;
        } else {
            others++;
        }
    }

    private void await(long answers) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (program.answers() < answers) {
            if (!program.failures().isEmpty()) {
                throw new AssertionError(name + " after " + program.answers() + " answers: " + program.failures());
            }
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError(name + " has stopped to answer after " + program.answers());
            }
            Thread.onSpinWait();
        }
    }

    /** See above. */
    public static void main(String[] arguments) throws IOException {
        int probes = Integer.parseInt(arguments[0]);
        for (String name : arguments.length > 1
                ? List.of(arguments).subList(1, arguments.length)
                : List.of("nginx", "redis", "sqlite", "python")) {
            System.out.println(run(name, Files.createTempDirectory("soak"), probes));
        }
    }
}
