package dev.pulpo.examples.cli;

import dev.pulpo.engine.Check;
import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.ProbeCounts;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import dev.pulpo.ffm.Errno;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import picocli.CommandLine;

/** {@code pulpo probe}: a probe for as long as the command runs. */
@CommandLine.Command(name = "probe", description = "Counts, delays or answers calls of a function until it is interrupted, and takes everything back then. Prints a line each second.")
final class ProbeCommand extends OnProcess {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    /** How many threads people are shown; JSON has all of them. */
    private static final int SHOWN = 10;

    /** What to do. */
    enum Kind {
        COUNT, RETURN, FAIL, DELAY, NOP, REDIRECT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @CommandLine.Parameters(index = "0", paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}")
    private Kind kind = Kind.COUNT;

    @CommandLine.Parameters(index = "1", paramLabel = "FUNCTION", description = "a name, NAME@FILE.c, NAME@VERSION, or 0xADDRESS")
    private String function = "";

    @CommandLine.Parameters(index = "2", arity = "0..1", paramLabel = "WHAT", description = "for return: a number; for fail: an error such as EACCES; for delay: a time such as 5ms; for redirect: another function")
    private Optional<String> argument = Optional.empty();

    @CommandLine.Option(names = "--in", paramLabel = "LIB", description = "path, file name or SONAME of the object with the function; 'exe' is the program")
    private Optional<String> object = Optional.empty();

    @CommandLine.Option(names = "--thread", paramLabel = "TID", description = "only calls of this thread; may be repeated")
    private List<Integer> threads = List.of();

    @CommandLine.Option(names = "--every", paramLabel = "N", description = "only each n-th call")
    private Optional<Long> every = Optional.empty();

    @CommandLine.Option(names = "--probability", paramLabel = "P", description = "only with this probability, such as 0.1")
    private Optional<Double> probability = Optional.empty();

    @CommandLine.Option(names = "--value", paramLabel = "N", description = "with fail: what the call returns (default: -1); 0 for a function that returns a pointer")
    private Optional<Long> value = Optional.empty();

    @CommandLine.Option(names = "--allow", paramLabel = "CHECK", split = ",", description = "allow what a check finds, such as inlined; may be repeated")
    private List<String> allowed = List.of();

    @CommandLine.Option(names = "--for", paramLabel = "TIME", converter = When.DurationConverter.class, description = "end by itself after this time, such as 10s")
    private Optional<Duration> length = Optional.empty();

    @Override
    int run(LiveProcess process) throws IOException {
        LiveProbe probe = process.probe(wanted());
        say("probing " + function + " of process " + process.pid() + " as patch " + probe.id().shortForm()
                + (length.isPresent() ? "" : "; Ctrl-C takes it back"));
        ProbeCounts counts = new ProbeCounts(0, new TreeMap<>(), 0);
        try {
            counts = watch(probe);
        } catch (InterruptedException | OperationInterruptedException ended) {
            // The end that the user asked for: SignalEnd waits until the probe is taken back.
            Thread.interrupted();
            counts = probe.counts();
        } finally {
            // A signal must not keep it from being taken back.
            Thread.interrupted();
            end(process, probe, counts);
        }
        return status;
    }

    private int status;

    private void end(LiveProcess process, LiveProbe probe, ProbeCounts counts) {
        Optional<Outcome> reverted = Optional.empty();
        try {
            reverted = Optional.of(probe.revert());
        } catch (RefusedException refused) {
            status = ExitStatus.of(refused);
            complain("the probe stays in force, as patch " + probe.id().shortForm() + ": "
                    + refused.refusals().getFirst().message(RemedyOptions.WORDING));
        }
        print(text(counts),
                Json.object("outcome", reverted.isPresent() ? "taken back" : "in force", "pid", process.pid(),
                        "patch", probe.id().hex(), "function", function, "kind", kind.toString(), "total",
                        counts.total(), "threads",
                        counts.threads().entrySet().stream().map(ProbeCommand::json).toList(), "otherThreads",
                        counts.rest()));
    }

    private static Map<String, Object> json(Map.Entry<Integer, Long> thread) {
        return Json.object("tid", thread.getKey(), "calls", thread.getValue());
    }

    /** Prints how often the probe has acted, until the time is over. */
    private ProbeCounts watch(LiveProbe probe) throws InterruptedException {
        long began = System.nanoTime();
        ProbeCounts before = probe.counts();
        for (long second = 1;; second++) {
            long next = began + second * INTERVAL.toNanos();
            long end = began + length.map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
            Thread.sleep(Duration.ofNanos(Math.max(0, Math.min(next, end) - System.nanoTime())));
            ProbeCounts now = probe.counts();
            if (next >= end) {
                return now;
            }
            say(now.total() + " (+" + (now.total() - before.total()) + ")");
            before = now;
        }
    }

    private String text(ProbeCounts counts) {
        StringBuilder text = new StringBuilder();
        counts.threads().entrySet().stream().sorted(Map.Entry.<Integer, Long>comparingByValue().reversed())
                .limit(SHOWN).forEach(thread -> text.append("  thread ").append(thread.getKey()).append(": ")
                        .append(thread.getValue()).append(System.lineSeparator()));
        if (counts.threads().size() > SHOWN) {
            text.append("  and ").append(counts.threads().size() - SHOWN).append(" more threads")
                    .append(System.lineSeparator());
        }
        if (counts.rest() > 0) {
            text.append("  threads without a counter of their own: ").append(counts.rest())
                    .append(System.lineSeparator());
        }
        return text + function + ": " + counts.total() + (counts.total() == 1 ? " call" : " calls");
    }

    private Probe wanted() {
        Probe probe = Probe.of(function, action());
        try {
            for (int tid : threads) {
                probe = probe.onThread(tid);
            }
            probe = every.map(probe::everyNth).orElse(probe);
            probe = probability.map(probe::withProbability).orElse(probe);
            for (String check : allowed) {
                probe = probe.allow(Check.parse(check));
            }
        } catch (IllegalArgumentException senseless) {
            throw usage(String.valueOf(senseless.getMessage()));
        }
        return object.map(probe::in).orElse(probe);
    }

    private Probe.Action action() {
        if (value.isPresent() && kind != Kind.FAIL) {
            throw usage("--value is for fail");
        }
        return switch (kind) {
            case COUNT -> without(new Probe.Action.Count());
            case NOP -> without(new Probe.Action.Nop());
            case RETURN -> new Probe.Action.Return(number(what("a number")));
            case FAIL -> new Probe.Action.Fail(errno(what("an error such as EACCES")), value.orElse(-1L));
            case DELAY -> new Probe.Action.Delay(new When.DurationConverter().convert(what("a time such as 5ms")));
            case REDIRECT -> new Probe.Action.Redirect(what("another function"));
        };
    }

    private Probe.Action without(Probe.Action action) {
        if (argument.isPresent()) {
            throw usage(kind + " takes a function and nothing else, not '" + argument.get() + "'");
        }
        return action;
    }

    private String what(String needed) {
        return argument.orElseThrow(() -> usage(kind + " needs " + needed + " after the function"));
    }

    private long number(String text) {
        try {
            return Long.decode(text);
        } catch (NumberFormatException none) {
            throw usage("'" + text + "' is not a number; write 42, -1 or 0x2a");
        }
    }

    private int errno(String text) {
        return Errno.number(text).orElseGet(() -> {
            if (text.matches("[0-9]{1,4}")) {
                return Integer.parseInt(text);
            }
            throw usage("'" + text + "' is not an error of errno.h, such as EACCES");
        });
    }
}
