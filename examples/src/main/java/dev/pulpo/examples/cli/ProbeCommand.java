package dev.pulpo.examples.cli;

import dev.pulpo.engine.Check;
import dev.pulpo.engine.LiveProbe;
import dev.pulpo.engine.LiveProcess;
import dev.pulpo.engine.OperationInterruptedException;
import dev.pulpo.engine.Outcome;
import dev.pulpo.engine.Probe;
import dev.pulpo.engine.RefusedException;
import dev.pulpo.engine.ValueKind;
import dev.pulpo.examples.exit.ExitStatus;
import dev.pulpo.examples.terminal.RemedyOptions;
import dev.pulpo.ffm.Errno;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine;

/** {@code pulpo probe}: a probe for as long as the command runs. */
@CommandLine.Command(name = "probe", description = "Counts, measures, traces, delays or answers calls of a function until it is interrupted, and takes everything back then. Prints a line each second.")
final class ProbeCommand extends OnProcess {
    private static final Duration INTERVAL = Duration.ofSeconds(1);
    /** How often the ring of a probe that traces is read, which holds some thousand calls. */
    private static final Duration RING = Duration.ofMillis(100);

    /** What to do. */
    enum Kind {
        COUNT, TIME, TRACE, RETURN, FAIL, DELAY, NOP, REDIRECT;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @CommandLine.Parameters(index = "0", paramLabel = "KIND", description = "${COMPLETION-CANDIDATES}")
    private Kind kind = Kind.COUNT;

    @CommandLine.Parameters(index = "1", paramLabel = "FUNCTION", description = "a name, NAME@FILE.c, NAME@VERSION, or 0xADDRESS")
    private String function = "";

    @CommandLine.Parameters(index = "2", arity = "0..1", paramLabel = "WHAT", description = "for trace: what the arguments are, and after = the result, such as string,int=int, where debug information does not tell (int, uint, long, ulong, hex, pointer, string, float, double, void); for return: a number; for fail: an error such as EACCES; for delay: a time such as 5ms; for redirect: another function")
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

    @CommandLine.Option(names = "--stack", paramLabel = "BYTES", description = "with time and trace: how many bytes calls pass on the stack, at most, where Pulpo cannot prove it; too few give the function wrong arguments")
    private Optional<Integer> stack = Optional.empty();

    @CommandLine.Option(names = "--entry", description = "with trace: tell of calls when they begin, without a result; for functions that cannot be seen to return")
    private boolean entry;

    @CommandLine.Option(names = "--allow", paramLabel = "CHECK", split = ",", description = "allow what a check finds, such as inlined; may be repeated")
    private List<String> allowed = List.of();

    @CommandLine.Option(names = "--for", paramLabel = "TIME", converter = When.DurationConverter.class, description = "end by itself after this time, such as 10s")
    private Optional<Duration> length = Optional.empty();

    @Override
    int run(LiveProcess process) throws IOException {
        LiveProbe probe = process.probe(wanted());
        say("probing " + function + " of process " + process.pid() + " as patch " + probe.id().shortForm()
                + (length.isPresent() ? "" : "; Ctrl-C takes it back"));
        ProbeReport report = ProbeReport.of(this, probe);
        try {
            watch(report);
        } catch (InterruptedException | OperationInterruptedException ended) {
            // The end that the user asked for: SignalEnd waits until the probe is taken back.
            Thread.interrupted();
            report.look(false);
        } finally {
            // A signal must not keep it from being taken back.
            Thread.interrupted();
            end(process, probe, report);
        }
        return status;
    }

    private int status;

    private void end(LiveProcess process, LiveProbe probe, ProbeReport report) {
        Optional<Outcome> reverted = Optional.empty();
        try {
            reverted = Optional.of(probe.revert());
        } catch (RefusedException refused) {
            status = ExitStatus.of(refused);
            complain("the probe stays in force, as patch " + probe.id().shortForm() + ": "
                    + refused.refusals().getFirst().message(RemedyOptions.WORDING));
        }
        Map<String, Object> all = Json.object("outcome",
                reverted.isPresent() ? "taken back" : "in force", "pid", process.pid(), "patch", probe.id().hex(),
                "function", function, "kind", kind.toString());
        all.putAll(report.json());
        print(report.text(), all);
    }

    /** Tells what the probe sees, until the time is over. */
    private void watch(ProbeReport report) throws InterruptedException {
        long began = System.nanoTime();
        long end = began + length.map(Duration::toNanos).orElse(Long.MAX_VALUE / 2);
        long interval = (kind == Kind.TRACE ? RING : INTERVAL).toNanos();
        for (long next = began + interval;; next += interval) {
            Thread.sleep(Duration.ofNanos(Math.max(0, Math.min(next, end) - System.nanoTime())));
            report.look(next < end);
            if (next >= end) {
                return;
            }
        }
    }

    private Probe wanted() {
        try {
            Probe probe = Probe.of(function, action());
            for (int tid : threads) {
                probe = probe.onThread(tid);
            }
            probe = every.map(probe::everyNth).orElse(probe);
            probe = probability.map(probe::withProbability).orElse(probe);
            for (String check : allowed) {
                probe = probe.allow(Check.parse(check));
            }
            return object.map(probe::in).orElse(probe);
        } catch (IllegalArgumentException senseless) {
            throw usage(String.valueOf(senseless.getMessage()));
        }
    }

    private Probe.Action action() {
        if (value.isPresent() && kind != Kind.FAIL) {
            throw usage("--value is for fail");
        }
        if (stack.isPresent() && kind != Kind.TIME && kind != Kind.TRACE) {
            throw usage("--stack is for time and trace");
        }
        if (entry && kind != Kind.TRACE) {
            throw usage("--entry is for trace");
        }
        return switch (kind) {
            case TIME -> without(new Probe.Action.Time(onStack()));
            case TRACE -> traced();
            case COUNT -> without(new Probe.Action.Count());
            case NOP -> without(new Probe.Action.Nop());
            case RETURN -> new Probe.Action.Return(number(what("a number")));
            case FAIL -> new Probe.Action.Fail(errno(what("an error such as EACCES")), value.orElse(-1L));
            case DELAY -> new Probe.Action.Delay(new When.DurationConverter().convert(what("a time such as 5ms")));
            case REDIRECT -> new Probe.Action.Redirect(what("another function"));
        };
    }

    private OptionalInt onStack() {
        return stack.map(OptionalInt::of).orElseGet(OptionalInt::empty);
    }

    private Probe.Action traced() {
        String[] kinds = argument.orElse("").split("=", -1);
        if (kinds.length > 2 || entry && kinds.length == 2) {
            throw usage("'" + argument.orElse("") + (entry
                    ? "' has a result, which a call does not have when it begins"
                    : "' is not of the form string,int=int"));
        }
        Optional<List<ValueKind>> arguments = kinds[0].isEmpty()
                ? Optional.empty()
                : Optional.of(Arrays.stream(kinds[0].split(",", -1)).map(this::valueKind).toList());
        return new Probe.Action.Trace(arguments,
                kinds.length == 2 ? Optional.of(valueKind(kinds[1])) : Optional.empty(), !entry, onStack());
    }

    private ValueKind valueKind(String name) {
        return ValueKind.find(name).orElseThrow(
                () -> usage("'" + name + "' is none of " + Arrays.toString(ValueKind.values())));
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
